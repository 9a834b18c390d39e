import { isoDate } from '../clock.js';
import { type JsonObject, parseJson } from '../json.js';
import type { SyncItemRow } from '../store/rows.js';
import type { Store } from '../store/store.js';
import type { SyncChange } from './objects.js';

const eventNames: Record<SyncChange['type'], string> = {
  updated: 'updated',
  removed: 'removed',
  'item added': 'item_added',
  'item updated': 'item_updated',
  'item removed': 'item_removed',
};

/** The payload of a change event. `correlationId` is that of the subscription for replayed events, null for live ones. */
export function changeEvent(change: SyncChange, correlationId: string | number | null): JsonObject {
  const { object } = change;
  return {
    event_type: `${object.type}_${eventNames[change.type]}`,
    event_protocol_version: 4,
    correlation_id: correlationId,
    event: eventBody(change),
  };
}

/** The number of a change in the one order of its object. */
export const eventIdOf = (change: SyncChange): number =>
  'item' in change ? change.item.lastEventId : change.object.lastEventId;

function eventBody(change: SyncChange): JsonObject {
  const { object } = change;
  const sid = { [`${object.type}_sid`]: object.sid };
  const id = eventIdOf(change);
  if (change.type === 'updated' || change.type === 'removed') {
    return {
      id,
      ...sid,
      date_created: isoDate(object.dateUpdated),
      ...(object.type === 'document' && change.type === 'updated'
        ? { document_unique_name: object.uniqueName, document_data: parseJson(object.data ?? '{}') }
        : {}),
    };
  }
  const { item } = change;
  return {
    id,
    ...sid,
    ...(object.type === 'list' ? { item_index: item.position } : { item_key: item.key }),
    item_data: parseJson(item.data),
    date_created: isoDate(item.dateUpdated),
  };
}

/**
 * The first so many things that happened to an object after an event, derived from what it is now: of several changes of an item the last one
 * is told. The SDK drops what it has already, so telling too much is harmless and a gap is not.
 */
export function changesAfter(store: Store, sid: string, eventId: number, limit: number): SyncChange[] {
  const object = store.syncObjects.bySid(sid);
  if (!object || object.lastEventId <= eventId) return [];
  if (object.type === 'document') return [{ type: 'updated', object }];
  return (
    store.syncItems
      .changedAfter(sid, eventId, limit)
      .flatMap((item): (SyncChange & { item: SyncItemRow })[] => {
        if (item.removed) return [{ type: 'item removed', object, item }];
        if (item.createdEventId <= eventId) return [{ type: 'item updated', object, item }];
        // What was added and changed is told twice, or an early message that was edited late would come after later ones.
        const { createdEventId: lastEventId, dateCreated: dateUpdated } = item;
        const added = { type: 'item added', object, item: { ...item, lastEventId, dateUpdated } } as const;
        return item.lastEventId === lastEventId ? [added] : [added, { type: 'item updated', object, item }];
      })
      .sort((a, b) => a.item.lastEventId - b.item.lastEventId)
      // What comes later may stand behind something of an item that was not read.
      .slice(0, limit)
  );
}
