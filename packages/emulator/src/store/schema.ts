import type { Database } from './database.js';

/** One entry a version, each taking the store from the version before it. Never edit an entry that was released. */
export const migrations: readonly string[] = [
  `
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE services (
  sid TEXT PRIMARY KEY, accountSid TEXT NOT NULL, friendlyName TEXT NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL
) STRICT;

CREATE TABLE conversations (
  sid TEXT PRIMARY KEY, accountSid TEXT NOT NULL, chatServiceSid TEXT NOT NULL, messagingServiceSid TEXT NOT NULL,
  friendlyName TEXT, uniqueName TEXT, attributes TEXT NOT NULL,
  state TEXT NOT NULL, stateUpdated INTEGER NOT NULL, createdBy TEXT NOT NULL,
  nextMessageIndex INTEGER NOT NULL, lastMessageIndex INTEGER, lastMessageTimestamp INTEGER,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  UNIQUE (chatServiceSid, uniqueName)
) STRICT;

CREATE TABLE participants (
  sid TEXT PRIMARY KEY,
  conversationSid TEXT NOT NULL REFERENCES conversations (sid) ON DELETE CASCADE,
  identity TEXT NOT NULL, roleSid TEXT NOT NULL, attributes TEXT NOT NULL,
  lastReadMessageIndex INTEGER, lastReadTimestamp INTEGER, notificationLevel TEXT NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  UNIQUE (conversationSid, identity)
) STRICT;
CREATE INDEX participantsByIdentity ON participants (identity);

CREATE TABLE messages (
  sid TEXT PRIMARY KEY,
  conversationSid TEXT NOT NULL REFERENCES conversations (sid) ON DELETE CASCADE,
  "index" INTEGER NOT NULL, author TEXT NOT NULL, participantSid TEXT,
  body TEXT, subject TEXT, attributes TEXT NOT NULL, lastUpdatedBy TEXT,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  UNIQUE (conversationSid, "index")
) STRICT;

CREATE TABLE users (
  sid TEXT PRIMARY KEY, chatServiceSid TEXT NOT NULL, identity TEXT NOT NULL,
  friendlyName TEXT NOT NULL, attributes TEXT NOT NULL, roleSid TEXT NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  UNIQUE (chatServiceSid, identity)
) STRICT;

CREATE TABLE webhooks (
  sid TEXT PRIMARY KEY,
  conversationSid TEXT NOT NULL REFERENCES conversations (sid) ON DELETE CASCADE,
  target TEXT NOT NULL, url TEXT, method TEXT NOT NULL, filters TEXT NOT NULL, triggers TEXT NOT NULL,
  flowSid TEXT, replayAfter INTEGER,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooksByConversation ON webhooks (conversationSid);

CREATE TABLE webhookConfigurations (
  scope TEXT PRIMARY KEY, preWebhookUrl TEXT, postWebhookUrl TEXT, method TEXT, filters TEXT, target TEXT
) STRICT;

-- What the SDK reads. Every row here follows from the tables above; it is kept because event ids must outlive a restart.
CREATE TABLE syncObjects (
  sid TEXT PRIMARY KEY, type TEXT NOT NULL, uniqueName TEXT NOT NULL UNIQUE,
  access TEXT NOT NULL, subject TEXT NOT NULL,
  lastEventId INTEGER NOT NULL, data TEXT,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL
) STRICT;

-- "position" orders lists, "key" orders maps. A removed item stays as a tombstone, for replays.
CREATE TABLE syncItems (
  objectSid TEXT NOT NULL REFERENCES syncObjects (sid) ON DELETE CASCADE,
  position INTEGER NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL,
  createdEventId INTEGER NOT NULL, lastEventId INTEGER NOT NULL, removed INTEGER NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  PRIMARY KEY (objectSid, position, key)
) STRICT;
CREATE INDEX syncItemsByEvent ON syncItems (objectSid, lastEventId);
`,
  'ALTER TABLE conversations ADD COLUMN awaitedCreator TEXT;',
  // SQLite cannot drop a NOT NULL, so participants are copied into a table where the identity may be null.
  `
ALTER TABLE conversations ADD COLUMN timerInactive TEXT;
ALTER TABLE conversations ADD COLUMN timerClosed TEXT;
ALTER TABLE conversations ADD COLUMN dateInactive INTEGER;
ALTER TABLE conversations ADD COLUMN dateClosed INTEGER;
CREATE INDEX conversationsByDateInactive ON conversations (dateInactive) WHERE dateInactive IS NOT NULL;
CREATE INDEX conversationsByDateClosed ON conversations (dateClosed) WHERE dateClosed IS NOT NULL;

CREATE TABLE participantsNext (
  sid TEXT PRIMARY KEY,
  conversationSid TEXT NOT NULL REFERENCES conversations (sid) ON DELETE CASCADE,
  identity TEXT, messagingBinding TEXT, roleSid TEXT NOT NULL, attributes TEXT NOT NULL,
  lastReadMessageIndex INTEGER, lastReadTimestamp INTEGER, notificationLevel TEXT NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  UNIQUE (conversationSid, identity)
) STRICT;
INSERT INTO participantsNext (
  sid, conversationSid, identity, roleSid, attributes, lastReadMessageIndex, lastReadTimestamp, notificationLevel,
  dateCreated, dateUpdated
) SELECT
  sid, conversationSid, identity, roleSid, attributes, lastReadMessageIndex, lastReadTimestamp, notificationLevel,
  dateCreated, dateUpdated
FROM participants ORDER BY rowid;
DROP TABLE participants;
ALTER TABLE participantsNext RENAME TO participants;
CREATE INDEX participantsByIdentity ON participants (identity);
CREATE INDEX participantsByAddress ON participants (messagingBinding ->> 'address') WHERE messagingBinding IS NOT NULL;

ALTER TABLE messages ADD COLUMN medias TEXT NOT NULL DEFAULT '[]';
ALTER TABLE messages ADD COLUMN contentSid TEXT;
ALTER TABLE messages ADD COLUMN contentVariables TEXT;
ALTER TABLE messages ADD COLUMN channelMetadata TEXT;
ALTER TABLE messages ADD COLUMN delivery TEXT;
ALTER TABLE messages ADD COLUMN recipients TEXT NOT NULL DEFAULT '[]';

CREATE TABLE media (
  sid TEXT PRIMARY KEY, chatServiceSid TEXT NOT NULL, author TEXT NOT NULL,
  conversationSid TEXT, messageSid TEXT,
  category TEXT NOT NULL, filename TEXT, contentType TEXT NOT NULL, size INTEGER NOT NULL, rendered TEXT,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL
) STRICT;
CREATE INDEX mediaByConversation ON media (conversationSid);

CREATE TABLE deliveryReceipts (
  sid TEXT PRIMARY KEY,
  conversationSid TEXT NOT NULL,
  messageSid TEXT NOT NULL REFERENCES messages (sid) ON DELETE CASCADE,
  participantSid TEXT NOT NULL, channelMessageSid TEXT NOT NULL, status TEXT NOT NULL, errorCode INTEGER NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  UNIQUE (messageSid, participantSid)
) STRICT;

CREATE TABLE roles (
  sid TEXT PRIMARY KEY, chatServiceSid TEXT NOT NULL, friendlyName TEXT NOT NULL, type TEXT NOT NULL,
  permissions TEXT NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL
) STRICT;

CREATE TABLE serviceConfigurations (
  chatServiceSid TEXT PRIMARY KEY,
  conversationCreatorRoleSid TEXT, conversationRoleSid TEXT, serviceRoleSid TEXT,
  reachabilityEnabled INTEGER NOT NULL,
  timerInactive TEXT, timerClosed TEXT
) STRICT;

CREATE TABLE pushRegistrations (
  id TEXT PRIMARY KEY, identity TEXT NOT NULL, channelType TEXT NOT NULL, endpointPlatform TEXT NOT NULL,
  registrationId TEXT NOT NULL, messageTypes TEXT NOT NULL,
  dateCreated INTEGER NOT NULL, dateUpdated INTEGER NOT NULL,
  UNIQUE (identity, channelType, registrationId)
) STRICT;

CREATE TABLE reachability (
  identity TEXT PRIMARY KEY, online INTEGER NOT NULL, notifiable INTEGER NOT NULL
) STRICT;
`,
];

/** Brings the schema to this version. Throws when the store was made by a newer one. */
export function migrate(database: Database): void {
  database.exec('PRAGMA foreign_keys = ON');
  const version = Number(database.one('PRAGMA user_version')?.user_version ?? 0);
  if (version > migrations.length) {
    throw new Error(
      `The store has schema version ${version}, this emulator knows ${migrations.length}: it was made by a newer release`,
    );
  }
  for (const [step, sql] of migrations.entries()) {
    if (step < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${step + 1}`);
    });
  }
}
