import { Refusal } from '../errors.js';
import type { Placed, Stretch } from '../store/table.js';
import { type Call, fetched, type Json, type Reply } from './call.js';

export interface Listing<Row> {
  /** The name of the array in the answer. */
  key: string;
  maxPageSize: number;
  defaultPageSize?: number;
  order?: 'asc' | 'desc';
  page(stretch: Stretch): Placed<Row>[];
  present(row: Row): Json;
}

/** `PA` and `PB` continue after and before a place. A place outlives its row, so pages never shift. */
function decodeToken(token: string | undefined): Pick<Stretch, 'after' | 'before'> {
  if (token === undefined) return {};
  const [, side, place] = /^P([AB])(\d{1,15})$/.exec(token) ?? [];
  if (place === undefined) throw new Refusal('invalid_parameter', 'PageToken was not given out by this list');
  return side === 'A' ? { after: Number(place) } : { before: Number(place) };
}

function pageUrl(call: Call, pageSize: number, page: number, token?: string): string {
  const paging = ['PageSize', 'Page', 'PageToken'];
  const query = new URLSearchParams(call.query.entries().filter(([name]) => !paging.includes(name)));
  query.set('PageSize', String(pageSize));
  query.set('Page', String(page));
  if (token !== undefined) query.set('PageToken', token);
  return `${call.view.baseUrl}${call.path}?${query}`;
}

/** One page of a list, with the URLs of its neighbours. */
export function listPage<Row>(call: Call, listing: Listing<Row>): Reply {
  const { key, maxPageSize, defaultPageSize = Math.min(50, maxPageSize), order = 'asc' } = listing;
  const wanted = call.query.integer('PageSize') ?? defaultPageSize;
  if (wanted === 0) throw new Refusal('invalid_parameter', 'PageSize is not a whole number of 1 or more');
  // The official helper asks for as many as its caller's limit, so too large a size is cut, not refused.
  const pageSize = Math.min(wanted, maxPageSize);
  const page = call.query.integer('Page') ?? 0;
  const token = call.query.text('PageToken');
  if (page > 0 && token === undefined) {
    throw new Refusal(
      'invalid_parameter',
      'Page needs the PageToken of a next_page_url or previous_page_url',
    );
  }
  const side = decodeToken(token);
  const back = side.before !== undefined;
  // One row more than the page holds tells whether there is another page on that side.
  const found = listing.page({ limit: pageSize + 1, order, ...side });
  const extra = found.length > pageSize;
  const rows = back ? found.slice(extra ? 1 : 0) : found.slice(0, pageSize);
  const [first, last] = [rows[0], rows.at(-1)];
  const exists = (beyond: Omit<Stretch, 'limit'>) => listing.page({ limit: 1, order, ...beyond }).length > 0;
  const hasNext = last !== undefined && (back ? exists({ after: last.place }) : extra);
  const hasPrevious = first !== undefined && (back ? extra : exists({ before: first.place }));

  return fetched({
    [key]: rows.map(({ row }) => listing.present(row)),
    meta: {
      page,
      page_size: pageSize,
      first_page_url: pageUrl(call, pageSize, 0),
      previous_page_url: hasPrevious
        ? pageUrl(call, pageSize, Math.max(page - 1, 0), `PB${first.place}`)
        : null,
      url: pageUrl(call, pageSize, page, token),
      next_page_url: hasNext ? pageUrl(call, pageSize, page + 1, `PA${last.place}`) : null,
      key,
    },
  });
}
