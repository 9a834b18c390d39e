import type { Database } from './database.js';
import type { ServiceRow } from './rows.js';
import { createTable, integer, type Placed, type Stretch, text } from './table.js';

export interface Services {
  bySid(sid: string): ServiceRow | undefined;
  page(stretch: Stretch): Placed<ServiceRow>[];
  insert(row: ServiceRow): void;
}

export function createServices(database: Database): Services {
  const table = createTable<ServiceRow>(database, 'services', ['sid'], {
    sid: text,
    accountSid: text,
    friendlyName: text,
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    page: (stretch) => table.page('TRUE', [], stretch),
    insert: table.insert,
  };
}
