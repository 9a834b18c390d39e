import type { Database } from './database.js';
import type { SyncObjectRow } from './rows.js';
import { createTable, integer, oneOf, optional, text } from './table.js';

export interface SyncObjects {
  bySid(sid: string): SyncObjectRow | undefined;
  byUniqueName(name: string): SyncObjectRow | undefined;
  insert(row: SyncObjectRow): void;
  update(row: SyncObjectRow): void;
  /** Takes its items with it. */
  remove(sid: string): void;
}

export function createSyncObjects(database: Database): SyncObjects {
  const table = createTable<SyncObjectRow>(database, 'syncObjects', ['sid'], {
    sid: text,
    type: oneOf('document', 'list', 'map'),
    uniqueName: text,
    access: oneOf('owner', 'service', 'conversation'),
    subject: text,
    lastEventId: integer,
    data: optional(text),
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    byUniqueName: (name) => table.one('WHERE uniqueName = ?', name),
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
