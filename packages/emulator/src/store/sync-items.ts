import type { Database } from './database.js';
import type { SyncItemRow } from './rows.js';
import { createTable, flag, integer, text } from './table.js';

/** Where an item stands in its object: lists are ordered by position, maps by key. */
export interface ItemPlace {
  position: number;
  key: string;
}

export interface SyncItems {
  /** Tombstones are found too. */
  get(objectSid: string, place: ItemPlace): SyncItemRow | undefined;
  /** Existing items from `from` on (inclusive, in the direction of `order`). */
  list(objectSid: string, order: 'asc' | 'desc', limit: number, from?: ItemPlace): SyncItemRow[];
  /** Whether an existing item stands before `place` in the direction of `order`. */
  anyBefore(objectSid: string, order: 'asc' | 'desc', place: ItemPlace): boolean;
  /**
   * The first so many of the items that changed after an event, tombstones too, in the order of the first thing that
   * happened to each since.
   */
  changedAfter(objectSid: string, eventId: number, limit: number): SyncItemRow[];
  insert(row: SyncItemRow): void;
  update(row: SyncItemRow): void;
}

export function createSyncItems(database: Database): SyncItems {
  const table = createTable<SyncItemRow>(database, 'syncItems', ['objectSid', 'position', 'key'], {
    objectSid: text,
    position: integer,
    key: text,
    data: text,
    createdEventId: integer,
    lastEventId: integer,
    removed: flag,
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    get: (objectSid, { position, key }) =>
      table.one('WHERE objectSid = ? AND position = ? AND key = ?', objectSid, position, key),
    list(objectSid, order, limit, from) {
      const direction = order === 'desc' ? 'DESC' : 'ASC';
      const tail = `ORDER BY position ${direction}, key ${direction} LIMIT ?`;
      if (!from) return table.all(`WHERE objectSid = ? AND removed = 0 ${tail}`, objectSid, limit);
      return table.all(
        `WHERE objectSid = ? AND removed = 0 AND (position, key) ${order === 'desc' ? '<=' : '>='} (?, ?) ${tail}`,
        objectSid,
        from.position,
        from.key,
        limit,
      );
    },
    anyBefore: (objectSid, order, { position, key }) =>
      table.one(
        `WHERE objectSid = ? AND removed = 0 AND (position, key) ${order === 'desc' ? '>' : '<'} (?, ?)`,
        objectSid,
        position,
        key,
      ) !== undefined,
    changedAfter: (objectSid, eventId, limit) =>
      table.all(
        `WHERE objectSid = ? AND lastEventId > ?
         ORDER BY CASE WHEN createdEventId > ? AND NOT removed THEN createdEventId ELSE lastEventId END LIMIT ?`,
        objectSid,
        eventId,
        eventId,
        limit,
      ),
    insert: table.insert,
    update: table.update,
  };
}
