import type { Database } from './database.js';
import type { PushRegistrationRow } from './rows.js';
import { createTable, integer, oneOf, text, textList } from './table.js';

export interface PushRegistrations {
  byId(id: string): PushRegistrationRow | undefined;
  ofIdentity(identity: string): PushRegistrationRow[];
  put(row: PushRegistrationRow): void;
  remove(id: string): void;
}

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
    put: table.put,
    remove: (id) => table.remove('id = ?', id),
  };
}
