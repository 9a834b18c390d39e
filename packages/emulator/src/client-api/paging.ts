import { Refusal } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { Placed, Stretch } from '../store/table.js';

const largestPage = 100;

/** Of a list whose pages the SDK asks for by token: `A` and `B` continue after and before a place. */
export interface TokenListing<Row> {
  /** The name of the array in the reply. */
  key: string;
  /** When the SDK names no size. */
  pageSize: number;
  page(stretch: Stretch): Placed<Row>[];
  present(row: Row): JsonObject;
}

function readToken(token: string | undefined): Pick<Stretch, 'after' | 'before'> {
  if (token === undefined || token === '') return {};
  const [, side, place] = /^([AB])(\d{1,15})$/.exec(token) ?? [];
  if (place === undefined) throw new Refusal('invalid_parameter', 'PageToken was not given out by this list');
  return side === 'A' ? { after: Number(place) } : { before: Number(place) };
}

function readPageSize(value: string | undefined, usual: number): number {
  if (value === undefined || value === '') return usual;
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new Refusal('invalid_parameter', 'PageSize is a count');
  return Math.min(Number(value), largestPage);
}

/** One page, with tokens that are null where there is no more: the SDK takes an absent one for another page. */
export function listPage<Row>(params: Record<string, string>, listing: TokenListing<Row>): JsonObject {
  const size = readPageSize(params.PageSize, listing.pageSize);
  const side = readToken(params.PageToken);
  const back = side.before !== undefined;
  // One row more than the page holds tells whether there is another page on that side.
  const found = listing.page({ limit: size + 1, ...side });
  const extra = found.length > size;
  const rows = back ? found.slice(extra ? 1 : 0) : found.slice(0, size);
  const [first, last] = [rows[0], rows.at(-1)];
  const exists = (beyond: Omit<Stretch, 'limit'>) => listing.page({ limit: 1, ...beyond }).length > 0;
  const next = last !== undefined && (back ? exists({ after: last.place }) : extra);
  const previous = first !== undefined && (back ? extra : exists({ before: first.place }));
  return {
    [listing.key]: rows.map(({ row }) => listing.present(row)),
    meta: {
      previous_token: previous ? `B${first.place}` : null,
      next_token: next ? `A${last.place}` : null,
    },
  };
}
