import { isoDate } from '../clock.js';
import { Refusal } from '../errors.js';
import { type JsonObject, parseJson } from '../json.js';
import type { SyncItemRow, SyncObjectRow } from '../store/rows.js';
import type { Store } from '../store/store.js';
import type { ItemPlace } from '../store/sync-items.js';
import { listPlace, mapPlace } from './objects.js';

const largestPage = 100;
const usualPage = 50;

export function presentItem(object: SyncObjectRow, item: SyncItemRow): JsonObject {
  return {
    ...(object.type === 'list' ? { index: item.position } : { key: item.key }),
    last_event_id: item.lastEventId,
    date_created: isoDate(item.dateCreated),
    date_updated: isoDate(item.dateUpdated),
    data: parseJson(item.data),
  };
}

/**
 * One item (`Key`, `Index`) or a page of them. `From` is inclusive in the direction of `Order`; the tokens of
 * `meta` only say whether there is more on that side, which is all the SDK reads from them.
 */
export function queryItems(store: Store, object: SyncObjectRow, params: Record<string, string>): JsonObject {
  const single = params.Key ?? params.Index;
  if (single !== undefined) {
    const item = store.syncItems.get(object.sid, readPlace(object, single));
    return {
      items: item && !item.removed ? [presentItem(object, item)] : [],
      meta: { previous_token: null, next_token: null },
    };
  }
  const order = readOrder(params.Order);
  const size = readPageSize(params.PageSize);
  const from = params.From === undefined ? undefined : readPlace(object, params.From);
  const found = store.syncItems.list(object.sid, order, size + 1, from);
  const items = found.slice(0, size);
  const first = items[0] ?? from;
  const before = first !== undefined && store.syncItems.anyBefore(object.sid, order, first);
  const after = found[size];
  return {
    items: items.map((item) => presentItem(object, item)),
    meta: {
      previous_token: before ? 'previous' : null,
      next_token: after ? 'next' : null,
    },
  };
}

function readPlace(object: SyncObjectRow, value: string): ItemPlace {
  if (object.type !== 'list') return mapPlace(value);
  const index = Number(value);
  if (value === '' || !Number.isSafeInteger(index)) {
    throw new Refusal('invalid_parameter', 'Index and From of a list are integers');
  }
  return listPlace(index);
}

function readOrder(value = 'asc'): 'asc' | 'desc' {
  if (value !== 'asc' && value !== 'desc') throw new Refusal('invalid_parameter', 'Order is asc or desc');
  return value;
}

function readPageSize(value = String(usualPage)): number {
  const size = Number(value);
  if (!Number.isSafeInteger(size) || size < 1) throw new Refusal('invalid_parameter', 'PageSize is a count');
  return Math.min(size, largestPage);
}
