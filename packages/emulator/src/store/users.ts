import type { Database } from './database.js';
import type { UserRow } from './rows.js';
import { createTable, integer, type Placed, type Stretch, text } from './table.js';

export interface Users {
  bySid(sid: string): UserRow | undefined;
  byIdentity(serviceSid: string, identity: string): UserRow | undefined;
  page(serviceSid: string, stretch: Stretch): Placed<UserRow>[];
  insert(row: UserRow): void;
  update(row: UserRow): void;
  remove(sid: string): void;
}

export function createUsers(database: Database): Users {
  const table = createTable<UserRow>(database, 'users', ['sid'], {
    sid: text,
    chatServiceSid: text,
    identity: text,
    friendlyName: text,
    attributes: text,
    roleSid: text,
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    byIdentity: (serviceSid, identity) =>
      table.one('WHERE chatServiceSid = ? AND identity = ?', serviceSid, identity),
    // The plus keeps SQLite from the index of identities, by which it would read and sort all for one page.
    page: (serviceSid, stretch) => table.page('+chatServiceSid = ?', [serviceSid], stretch),
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
