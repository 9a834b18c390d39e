import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDomain } from '../conversations/domain.js';
import { openStore } from '../store/store.js';
import { changesAfter, eventIdOf } from './events.js';
import { createObject, listPlace, putItem, removeItem } from './objects.js';

const everything = 1_000_000;

describe('a replay', () => {
  it('read in parts tells the same as read at once, whatever happened and wherever it is cut', () => {
    const store = openStore(':memory:');
    onTestFinished(store.close);
    const domain = createDomain({ store, accountSid: 'AC1', serviceSid: 'IS1' });
    const shared = { type: 'list', access: 'service', subject: 'IS1' } as const;
    let made = 0;
    // Mostly changes: what is added and changed is told twice, and may be cut in between.
    const act = fc.record({ index: fc.nat(5), removes: fc.nat(7).map((chance) => chance === 0) });
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 10, maxLength: 40 }),
        fc.nat(8),
        fc.integer({ min: 1, max: 6 }),
        (acts, since, size) => {
          made += 1;
          const uniqueName = `list${made}`;
          const { sid } = createObject(domain, { ...shared, uniqueName });
          for (const { index, removes } of acts) {
            if (removes) removeItem(domain, uniqueName, listPlace(index));
            else putItem(domain, uniqueName, listPlace(index), { index });
          }
          const told = (from: number, limit: number) =>
            changesAfter(store, sid, from, limit).map((change) => [eventIdOf(change), change.type]);
          const whole = told(since, everything);
          const parts: unknown[] = [];
          for (let reached = since; ; ) {
            const part = told(reached, size);
            if (part.length === 0) break;
            parts.push(...part);
            reached = Number(part.at(-1)?.[0]);
          }
          expect(parts).toEqual(whole);
          expect(whole.map(([id]) => id)).toEqual([...whole.map(([id]) => Number(id))].sort((a, b) => a - b));
        },
      ),
    );
  });
});
