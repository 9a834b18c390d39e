import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryStatus } from '../store/rows.js';
import { aggregateOf, deliveryStatuses } from './delivery.js';

const of = (...statuses: DeliveryStatus[]) => aggregateOf(statuses.map((status) => ({ status })));

describe('how far a message has come', () => {
  it('is nothing with nobody to come to', () => {
    expect(of()).toBeNull();
  });

  it('counts what was read as delivered and sent', () => {
    const nothingFailed = { failed: 'none', undelivered: 'none' };
    expect(of('read', 'sent')).toEqual({
      ...{ total: 2, sent: 'all', delivered: 'some', read: 'some' },
      ...nothingFailed,
    });
    expect(of('delivered')).toEqual({
      ...{ total: 1, sent: 'all', delivered: 'all', read: 'none' },
      ...nothingFailed,
    });
  });

  it('counts what failed as never sent, and what was not delivered as sent', () => {
    expect(of('failed', 'undelivered')).toEqual({
      ...{ total: 2, sent: 'some', delivered: 'none', read: 'none' },
      ...{ failed: 'some', undelivered: 'some' },
    });
  });

  it('is the same in any order, and never more read than delivered than sent', () => {
    const rank = { none: 0, some: 1, all: 2 };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...deliveryStatuses), { minLength: 1 }), (statuses) => {
        const aggregate = of(...statuses)!;
        expect(of(...statuses.toReversed())).toEqual(aggregate);
        expect(rank[aggregate.read]).toBeLessThanOrEqual(rank[aggregate.delivered]);
        expect(rank[aggregate.delivered]).toBeLessThanOrEqual(rank[aggregate.sent]);
      }),
    );
  });
});
