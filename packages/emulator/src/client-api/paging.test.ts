import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { listPage } from './paging.js';

/** A list of the numbers below `total`, each at its double. */
const listing = (total: number) => ({
  key: 'numbers',
  pageSize: 7,
  page: ({ limit, after = -1, before }: { limit: number; after?: number; before?: number }) => {
    const all = Array.from({ length: total }, (_, row) => ({ place: row * 2, row }));
    if (before !== undefined) return all.filter(({ place }) => place < before).slice(-limit);
    return all.filter(({ place }) => place > after).slice(0, limit);
  },
  present: (row: number) => ({ row }),
});

interface Page {
  numbers: { row: number }[];
  meta: { previous_token: string | null; next_token: string | null };
}
const ask = (total: number, params: Record<string, string>) =>
  listPage(params, listing(total)) as unknown as Page;

describe('a list that is paged by token', () => {
  it('gives every row once, forth and back, whatever the size of its pages', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 50 }), (total, size) => {
        const all = Array.from({ length: total }, (_, row) => row);
        const read = (side: 'next_token' | 'previous_token', first: Page): number[][] => {
          const pages = [first];
          for (let token = first.meta[side]; token !== null; token = pages.at(-1)!.meta[side]) {
            pages.push(ask(total, { PageSize: String(size), PageToken: token }));
          }
          return pages.map(({ numbers }) => numbers.map(({ row }) => row));
        };
        const first = ask(total, { PageSize: String(size) });
        expect(first.meta.previous_token).toBeNull();
        expect(read('next_token', first).flat()).toEqual(all);
        const last = ask(total, { PageSize: String(size), PageToken: `B${total * 2}` });
        expect(last.meta.next_token).toBeNull();
        expect(read('previous_token', last).reverse().flat()).toEqual(all);
      }),
    );
  });

  it('refuses sizes and tokens that it did not give', () => {
    for (const params of [{ PageSize: '0' }, { PageSize: 'x' }, { PageToken: 'C1' }, { PageToken: 'A-1' }]) {
      expect(() => ask(3, params)).toThrow(Refusal);
    }
    expect(ask(3, { PageSize: '', PageToken: '' }).numbers).toHaveLength(3);
  });
});
