import type { Database } from './database.js';
import type { PushRegistrationRow } from './rows.js';
import { createTable, integer, oneOf, type Placed, type Stretch, text, textList } from './table.js';

export interface PushRegistrations {
  byId(id: string): PushRegistrationRow | undefined;
  ofIdentity(identity: string): PushRegistrationRow[];
  /** Of everybody in a conversation who has not muted it. */
  ofConversation(conversationSid: string): PushRegistrationRow[];
  /** Empty lists let everything by. */
  page(
    stretch: Stretch,
    wanted: { identities: readonly string[]; channelTypes: readonly string[] },
  ): Placed<PushRegistrationRow>[];
  put(row: PushRegistrationRow): void;
  remove(id: string): void;
}

const among = (column: string, values: readonly string[]): string =>
  values.length === 0 ? '1 = 1' : `${column} IN (${values.map(() => '?').join(', ')})`;

export function createPushRegistrations(database: Database): PushRegistrations {
  const table = createTable<PushRegistrationRow>(database, 'pushRegistrations', ['id'], {
    id: text,
    identity: text,
    channelType: oneOf('fcm', 'apn'),
    endpointPlatform: text,
    registrationId: text,
    messageTypes: textList,
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    byId: (id) => table.one('WHERE id = ?', id),
    ofIdentity: (identity) => table.all('WHERE identity = ? ORDER BY rowid', identity),
    ofConversation(conversationSid) {
      // Most emulators have none, and a message should not look through everybody for them.
      if (!table.one('')) return [];
      return table.all(
        `WHERE identity IN (
           SELECT identity FROM participants WHERE conversationSid = ? AND notificationLevel <> 'muted'
         ) ORDER BY rowid`,
        conversationSid,
      );
    },
    page: (stretch, { identities, channelTypes }) =>
      table.page(
        `${among('identity', identities)} AND ${among('channelType', channelTypes)}`,
        [...identities, ...channelTypes],
        stretch,
      ),
    put: table.put,
    remove: (id) => table.remove('id = ?', id),
  };
}
