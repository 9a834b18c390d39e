import { isoDate } from '../clock.js';
import type { Domain } from '../conversations/domain.js';
import { type JsonObject, parseJson } from '../json.js';
import type { SyncObjectRow } from '../store/rows.js';
import { presentItem } from './items.js';

/** A label: the SDK sends it back with each request, and routes go by path. */
const syncBase = 'https://cds.us1.twilio.com';

const plurals = { document: 'Documents', list: 'Lists', map: 'Maps' } as const;

/** An object as `GET /v3/…` answers it: only what the SDK reads, as its decoder is slow. */
export function presentDescriptor(domain: Domain, object: SyncObjectRow, withItems: boolean): JsonObject {
  const url = `${syncBase}/v3/Services/${domain.serviceSid}/${plurals[object.type]}/${object.sid}`;
  return {
    sid: object.sid,
    unique_name: object.uniqueName,
    url,
    revision: object.lastEventId.toString(16),
    last_event_id: object.lastEventId,
    date_created: isoDate(object.dateCreated),
    date_updated: isoDate(object.dateUpdated),
    date_expires: null,
    links: object.type === 'document' ? {} : { items: `${url}/Items` },
    ...(object.type === 'document' ? { data: parseJson(object.data ?? '{}') } : {}),
    ...(withItems
      ? {
          items: domain.store.syncItems.list(object.sid, 'asc', 100).map((item) => presentItem(object, item)),
        }
      : {}),
  };
}
