import type { Database } from './database.js';
import type { RoleRow } from './rows.js';
import { createTable, integer, oneOf, type Placed, type Stretch, text, textList } from './table.js';

export interface Roles {
  bySid(sid: string): RoleRow | undefined;
  /** Whether a participant or a user has it, or newcomers are to get it. */
  inUse(sid: string): boolean;
  page(serviceSid: string, stretch: Stretch): Placed<RoleRow>[];
  insert(row: RoleRow): void;
  update(row: RoleRow): void;
  remove(sid: string): void;
}

export function createRoles(database: Database): Roles {
  const table = createTable<RoleRow>(database, 'roles', ['sid'], {
    sid: text,
    chatServiceSid: text,
    friendlyName: text,
    type: oneOf('conversation', 'service'),
    permissions: textList,
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    inUse: (sid) =>
      database.one(
        `SELECT 1 FROM participants WHERE roleSid = ? UNION ALL SELECT 1 FROM users WHERE roleSid = ?
         UNION ALL SELECT 1 FROM serviceConfigurations
         WHERE ? IN (conversationCreatorRoleSid, conversationRoleSid, serviceRoleSid) LIMIT 1`,
        [sid, sid, sid],
      ) !== undefined,
    page: (serviceSid, stretch) => table.page('chatServiceSid = ?', [serviceSid], stretch),
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
