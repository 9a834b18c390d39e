import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDisorder, type DisorderPlan, eventKey } from './disorder.js';
import { createRandom } from './random.js';

const plan = (given: Partial<DisorderPlan>): DisorderPlan => ({
  reorder: 0,
  duplicate: 0,
  minMs: 0,
  maxMs: 0,
  keep: 'item',
  ...given,
});
const run = (given: Partial<DisorderPlan>, keys: string[], seed = 1): string[] => {
  const gone: string[] = [];
  const disorder = createDisorder(plan(given), createRandom(seed));
  for (const [position, key] of keys.entries()) {
    disorder.add(key, 1, () => gone.push(`${key}${position}`));
    vi.advanceTimersByTime(1);
  }
  vi.runAllTimers();
  return gone;
};

describe('disordered events', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const keys = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 });
  const plans = fc.record({
    reorder: fc.nat(8),
    duplicate: fc.constantFrom(0, 0.3, 1),
    minMs: fc.nat(20),
    maxMs: fc.integer({ min: 20, max: 60 }),
  });

  it('all arrive, and those of one item in order, each at most twice', () => {
    fc.assert(
      fc.property(plans, keys, fc.nat(1000), (given, list, seed) => {
        const gone = run(given, list, seed);
        expect(new Set(gone)).toEqual(new Set(list.map((key, position) => `${key}${position}`)));
        for (const key of ['a', 'b', 'c']) {
          const positions = gone.filter((one) => one.startsWith(key)).map((one) => Number(one.slice(1)));
          expect(positions).toEqual([...positions].sort((one, other) => one - other));
          for (const one of positions)
            expect(positions.filter((other) => other === one).length).toBeLessThan(3);
        }
        expect(run(given, list, seed)).toEqual(gone);
      }),
    );
  });

  it('overtake each other, by no more than was asked', () => {
    const list = Array.from({ length: 50 }, () => 'x');
    const gone = run({ reorder: 3, keep: 'nothing' }, list).map((one) => Number(one.slice(1)));
    expect(gone).not.toEqual([...gone].sort((one, other) => one - other));
    for (const [place, position] of gone.entries()) expect(position - place).toBeLessThanOrEqual(3);
    expect(run({ reorder: 3, keep: 'nothing' }, list, 2).map((one) => Number(one.slice(1)))).not.toEqual(
      gone,
    );
  });

  it('come twice as often as asked', () => {
    const list = Array.from({ length: 200 }, (_, position) => `k${position}-`);
    expect(run({ duplicate: 1 }, list)).toHaveLength(400);
    const sometimes = run({ duplicate: 0.5 }, list).length;
    expect(sometimes).toBeGreaterThan(250);
    expect(sometimes).toBeLessThan(350);
  });

  it('go in the order they came when it ends, and nowhere when the socket is over', () => {
    const gone: number[] = [];
    const disorder = createDisorder(plan({ reorder: 10 }), createRandom());
    for (let number = 0; number < 5; number += 1) disorder.add('x', 1, () => gone.push(number));
    disorder.end();
    expect(gone).toEqual([0, 1, 2, 3, 4]);
    disorder.add('x', 1, () => gone.push(5));
    disorder.stop();
    vi.runAllTimers();
    expect(gone).toHaveLength(5);
  });

  it('are the live ones of Sync only', () => {
    const item = JSON.stringify({ event: { list_sid: 'ES1', item_index: 0 } });
    expect(eventKey('com.twilio.rtd.cds.list', item)).toBe('ES1 0');
    const document = JSON.stringify({ event: { document_sid: 'ET1' } });
    expect(eventKey('com.twilio.rtd.cds.document', document)).toBe('ET1 ');
    expect(eventKey('twilio.sync.event', item)).toBeUndefined();
    expect(eventKey('twilio.ipmsg.typing_indicator', '{}')).toBeUndefined();
  });
});
