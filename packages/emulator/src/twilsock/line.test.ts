import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DisorderPlan } from '../trouble/disorder.js';
import type { Random } from '../trouble/random.js';
import { createLine } from './line.js';

const never = (): never => {
  throw new Error('was asked, though nothing is wrong');
};
/** A source of chance that nobody may ask. */
const noChance: Random = { seed: 1, next: never, below: never, reseed: never };
const first: Random = { seed: 1, next: () => 0, below: () => 0, reseed() {} };
const plan: DisorderPlan = { reorder: 2, duplicate: 0, minMs: 0, maxMs: 0, keep: 'nothing' };
const nothingElse = { delay: undefined, disorder: undefined, repliesWait: false };

describe('the way out of a socket', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('asks for no name and no chance, sets no timer and lets all go at once while nothing is wrong', () => {
    const line = createLine(noChance);
    const gone: string[] = [];
    line.event(1, () => gone.push('event'), never);
    line.reply(
      1,
      () => gone.push('reply'),
      () => gone.push('after it'),
    );
    line.tell(1, () => gone.push('ping'));
    expect(gone).toEqual(['event', 'reply', 'after it', 'ping']);
    expect([line.waiting, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('counts the bytes of all that waits, whatever it waits for', () => {
    const line = createLine(first);
    const gone: string[] = [];
    line.trouble({ delay: () => 50, repliesWait: true, disorder: plan });
    line.reply(100, () => gone.push('reply'));
    line.event(
      10,
      () => gone.push('event'),
      () => 'a',
    );
    expect([line.waiting, gone]).toEqual([110, []]);
    line.trouble({ ...nothingElse, delay: () => 50 });
    expect([line.waiting, gone]).toEqual([110, []]);
    vi.advanceTimersByTime(50);
    expect([line.waiting, gone]).toEqual([0, ['event', 'reply']]);
  });

  it('counts what comes twice twice, until it has gone', () => {
    const line = createLine(first);
    let gone = 0;
    line.trouble({ ...nothingElse, disorder: { ...plan, duplicate: 1, minMs: 20, maxMs: 20 } });
    line.event(
      10,
      () => {
        gone += 1;
      },
      () => 'a',
    );
    expect(line.waiting).toBe(20);
    vi.runAllTimers();
    expect([line.waiting, gone]).toEqual([0, 2]);
  });

  it('forgets all that waits when it stops, and leaves no timer', () => {
    const gone: string[] = [];
    for (const wrong of [
      { ...nothingElse, delay: () => 60_000 },
      { ...nothingElse, repliesWait: true },
      { ...nothingElse, disorder: plan },
      { ...nothingElse, disorder: { ...plan, minMs: 60_000, maxMs: 60_000 } },
    ]) {
      const line = createLine(first);
      line.trouble(wrong);
      line.reply(1, () => gone.push('reply'));
      for (const key of ['a', 'b', 'c']) {
        line.event(
          1,
          () => gone.push(key),
          () => key,
        );
      }
      gone.length = 0;
      line.stop();
      expect([line.waiting, vi.getTimerCount()]).toEqual([0, 0]);
      line.trouble(undefined);
      line.hold(true);
      line.hold(false);
      line.tell(1, () => gone.push('ping'));
      vi.runAllTimers();
      expect(gone).toEqual([]);
    }
  });
});
