import type { Database } from './database.js';
import type { ReachabilityRow } from './rows.js';
import { createTable, flag, text } from './table.js';

export interface Reachability {
  /** Undefined for who was never online while reachability was on. */
  get(identity: string): ReachabilityRow | undefined;
  /** Who is said to be online. */
  online(): ReachabilityRow[];
  put(row: ReachabilityRow): void;
  remove(identity: string): void;
}

export function createReachability(database: Database): Reachability {
  const table = createTable<ReachabilityRow>(database, 'reachability', ['identity'], {
    identity: text,
    online: flag,
    notifiable: flag,
  });
  return {
    get: (identity) => table.one('WHERE identity = ?', identity),
    online: () => table.all('WHERE online = 1'),
    put: table.put,
    remove: (identity) => table.remove('identity = ?', identity),
  };
}
