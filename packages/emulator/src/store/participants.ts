import { isObject } from '../json.js';
import type { Database } from './database.js';
import type { MessagingBinding, ParticipantRow } from './rows.js';
import { createTable, integer, json, oneOf, optional, type Placed, type Stretch, text } from './table.js';

export interface Participants {
  bySid(sid: string): ParticipantRow | undefined;
  byIdentity(conversationSid: string, identity: string): ParticipantRow | undefined;
  list(conversationSid: string): ParticipantRow[];
  /** Those of other channels, who have a messaging binding instead. */
  withoutIdentity(conversationSid: string): ParticipantRow[];
  page(conversationSid: string, stretch: Stretch): Placed<ParticipantRow>[];
  count(conversationSid: string): number;
  /** In how many conversations an identity takes part that are not closed. */
  countOpenOfIdentity(serviceSid: string, identity: string): number;
  /** What an identity takes part in, oldest membership first. */
  pageOfIdentity(serviceSid: string, identity: string, stretch: Stretch): Placed<ParticipantRow>[];
  /** What an address takes part in, oldest membership first. */
  pageOfAddress(serviceSid: string, address: string, stretch: Stretch): Placed<ParticipantRow>[];
  insert(row: ParticipantRow): void;
  update(row: ParticipantRow): void;
  remove(sid: string): void;
}

const isBinding = (value: unknown): value is MessagingBinding =>
  isObject(value) && typeof value.type === 'string' && typeof value.address === 'string';

/** Asked of each row: as a list, all conversations of the service would be read for every answer. */
const inService = (more = ''): string =>
  `EXISTS (SELECT 1 FROM conversations
     WHERE conversations.sid = participants.conversationSid AND conversations.chatServiceSid = ?${more})`;

export function createParticipants(database: Database): Participants {
  const table = createTable<ParticipantRow>(database, 'participants', ['sid'], {
    sid: text,
    conversationSid: text,
    identity: optional(text),
    messagingBinding: optional(json(isBinding)),
    roleSid: text,
    attributes: text,
    lastReadMessageIndex: optional(integer),
    lastReadTimestamp: optional(integer),
    notificationLevel: oneOf('default', 'muted'),
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    byIdentity: (conversationSid, identity) =>
      table.one('WHERE conversationSid = ? AND identity = ?', conversationSid, identity),
    list: (conversationSid) => table.all('WHERE conversationSid = ? ORDER BY rowid', conversationSid),
    withoutIdentity: (conversationSid) =>
      table.all('WHERE conversationSid = ? AND identity IS NULL ORDER BY rowid', conversationSid),
    count: (conversationSid) => table.count('conversationSid = ?', conversationSid),
    countOpenOfIdentity: (serviceSid, identity) =>
      table.count(
        `identity = ? AND ${inService(" AND conversations.state <> 'closed'")}`,
        identity,
        serviceSid,
      ),
    pageOfIdentity: (serviceSid, identity, stretch) =>
      table.page(`identity = ? AND ${inService()}`, [identity, serviceSid], stretch),
    pageOfAddress: (serviceSid, address, stretch) =>
      table.page(
        `messagingBinding IS NOT NULL AND messagingBinding ->> 'address' = ? AND ${inService()}`,
        [address, serviceSid],
        stretch,
      ),
    page: (conversationSid, stretch) => table.page('conversationSid = ?', [conversationSid], stretch),
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
