import type { Domain } from '../conversations/domain.js';
import type { SidPrefix } from '../ids.js';
import type { JsonObject } from '../json.js';
import type { SyncItemRow, SyncObjectRow } from '../store/rows.js';
import type { ItemPlace } from '../store/sync-items.js';

/** One change of one object, with the rows as they are after it: what subscribers are told. */
export type SyncChange =
  | { type: 'updated'; object: SyncObjectRow }
  | { type: 'removed'; object: SyncObjectRow }
  | { type: 'item added' | 'item updated' | 'item removed'; object: SyncObjectRow; item: SyncItemRow };

type Writing = Pick<Domain, 'store' | 'clock' | 'ids'>;

const prefixes: Record<SyncObjectRow['type'], SidPrefix> = { document: 'ET', list: 'ES', map: 'MP' };

export const listPlace = (index: number): ItemPlace => ({ position: index, key: String(index) });
export const mapPlace = (key: string): ItemPlace => ({ position: 0, key });

export function createObject(
  { store, clock, ids }: Writing,
  given: Pick<SyncObjectRow, 'type' | 'uniqueName' | 'access' | 'subject'> & { data?: JsonObject },
): SyncObjectRow {
  const now = clock.now();
  const object: SyncObjectRow = {
    ...given,
    sid: ids.sid(prefixes[given.type]),
    lastEventId: 0,
    data: given.data ? JSON.stringify(given.data) : null,
    dateCreated: now,
    dateUpdated: now,
  };
  store.syncObjects.insert(object);
  return object;
}

function requireObject({ store }: Writing, uniqueName: string): SyncObjectRow {
  const object = store.syncObjects.byUniqueName(uniqueName);
  if (!object) throw new Error(`The Sync object ${uniqueName} is missing`);
  return object;
}

/** Every change takes the object's next event id: the one order that clients see. */
function nextEvent(writing: Writing, uniqueName: string, data?: JsonObject): SyncObjectRow {
  const before = requireObject(writing, uniqueName);
  const object: SyncObjectRow = {
    ...before,
    lastEventId: before.lastEventId + 1,
    data: data ? JSON.stringify(data) : before.data,
    dateUpdated: writing.clock.now(),
  };
  writing.store.syncObjects.update(object);
  return object;
}

export function updateDocument(writing: Writing, uniqueName: string, data: JsonObject): SyncChange {
  return { type: 'updated', object: nextEvent(writing, uniqueName, data) };
}

/** Adds or replaces an item. Over a tombstone it counts as added. */
export function putItem(
  writing: Writing,
  uniqueName: string,
  place: ItemPlace,
  data: JsonObject,
): SyncChange {
  const object = nextEvent(writing, uniqueName);
  const { syncItems } = writing.store;
  const before = syncItems.get(object.sid, place);
  const existed = before !== undefined && !before.removed;
  const item: SyncItemRow = {
    objectSid: object.sid,
    ...place,
    data: JSON.stringify(data),
    createdEventId: existed ? before.createdEventId : object.lastEventId,
    lastEventId: object.lastEventId,
    removed: false,
    dateCreated: existed ? before.dateCreated : object.dateUpdated,
    dateUpdated: object.dateUpdated,
  };
  if (before) syncItems.update(item);
  else syncItems.insert(item);
  return { type: existed ? 'item updated' : 'item added', object, item };
}

/** Leaves a tombstone, for clients that were away. Nothing happens to an item that is not there. */
export function removeItem(writing: Writing, uniqueName: string, place: ItemPlace): SyncChange[] {
  const { syncItems } = writing.store;
  const before = syncItems.get(requireObject(writing, uniqueName).sid, place);
  if (!before || before.removed) return [];
  const object = nextEvent(writing, uniqueName);
  // What was deleted is gone from the store as well: clients ignore the data of a removal.
  const item: SyncItemRow = {
    ...before,
    data: '{}',
    removed: true,
    lastEventId: object.lastEventId,
    dateUpdated: object.dateUpdated,
  };
  syncItems.update(item);
  return [{ type: 'item removed', object, item }];
}

export function removeObject(writing: Writing, uniqueName: string): SyncChange {
  const object = nextEvent(writing, uniqueName);
  writing.store.syncObjects.remove(object.sid);
  return { type: 'removed', object };
}
