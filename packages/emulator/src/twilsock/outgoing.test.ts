import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutgoing } from './outgoing.js';

describe('frames on their way out', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('go at once without latency', () => {
    const gone: string[] = [];
    createOutgoing().add(1, () => gone.push('one'));
    expect(gone).toEqual(['one']);
  });

  it('wait for the latency, and go at once when it ends', () => {
    const gone: string[] = [];
    const outgoing = createOutgoing();
    outgoing.latency(() => 100);
    outgoing.add(10, () => gone.push('one'));
    vi.advanceTimersByTime(99);
    expect(gone).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(gone).toEqual(['one']);
    outgoing.add(10, () => gone.push('two'));
    expect(outgoing.waiting).toBe(10);
    outgoing.latency(undefined);
    expect(gone).toEqual(['one', 'two']);
    expect(outgoing.waiting).toBe(0);
  });

  it('never go after they were stopped', () => {
    const gone: string[] = [];
    const outgoing = createOutgoing();
    outgoing.latency(() => 100);
    outgoing.add(10, () => gone.push('one'));
    outgoing.stop();
    outgoing.latency(undefined);
    vi.runAllTimers();
    expect(gone).toEqual([]);
  });

  it('keep their order and their time, whatever the latency becomes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const) }),
      fc.record({ kind: fc.constant('latency' as const), ms: fc.integer({ min: 0, max: 500 }) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 300 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const outgoing = createOutgoing();
        const gone: number[] = [];
        let latency = 0;
        let ended = Number.NEGATIVE_INFINITY;
        let added = 0;
        for (const one of steps) {
          if (one.kind === 'add') {
            const number = added;
            const addedAt = performance.now();
            const due = addedAt + latency;
            outgoing.add(1, () => {
              gone.push(number);
              // Only an end of latency lets a frame go before its time.
              if (ended < addedAt) expect(performance.now()).toBeGreaterThanOrEqual(due);
            });
            added += 1;
          } else if (one.kind === 'latency') {
            latency = one.ms;
            if (latency === 0) ended = performance.now();
            outgoing.latency(latency === 0 ? undefined : () => one.ms);
          } else {
            vi.advanceTimersByTime(one.ms);
          }
        }
        vi.runAllTimers();
        expect(gone).toEqual([...Array(added).keys()]);
        expect(outgoing.waiting).toBe(0);
      }),
    );
  });
});
