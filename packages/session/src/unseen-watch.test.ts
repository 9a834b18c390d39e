import { expect, test } from 'vitest';
import type { PendingMessage } from './pending.js';
import { createFakeClock } from './testing.js';
import { createUnseenWatch } from './unseen-watch.js';

function sent(cid: string, index: number | null, after = -1): PendingMessage {
  const rest = { body: cid, at: 1, error: null, attempted: true, files: [], kept: true };
  return { ...rest, cid, index, after, state: 'sent' };
}

function watching(entries: readonly PendingMessage[]) {
  const clock = createFakeClock();
  const reads: number[] = [];
  const missing: string[] = [];
  let answer = (): void => {};
  let fail = (): void => {};
  const watch = createUnseenWatch({
    clock,
    entries: () => entries,
    readAfter(index) {
      reads.push(index);
      return new Promise((resolve, reject) => {
        answer = resolve;
        fail = () => reject(new Error('Nothing could be read.'));
      });
    },
    onMissing: (cids) => missing.push(...cids),
  });
  return { clock, watch, reads, missing, answer: () => answer(), fail: () => fail() };
}

test('what was taken and not seen is read from before the first of them', async () => {
  const { clock, watch, reads, missing, answer } = watching([sent('a', 7), sent('b', null, 4)]);
  watch.look();
  watch.look();
  await clock.advance(1_900);
  expect(reads).toEqual([]);
  await clock.advance(200);
  expect(reads).toEqual([4]);
  answer();
  await clock.settle();
  // Of a message without an index it is not known where it should have been.
  expect(missing).toEqual(['a']);
});

test('what could not be read is read again', async () => {
  const { clock, watch, reads, fail } = watching([sent('a', 7)]);
  watch.look();
  await clock.advance(2_000);
  fail();
  await clock.advance(2_000);
  expect(reads).toEqual([6, 6]);
});

test.each(['answer', 'fail'] as const)(
  'nothing follows an «%s» that comes after it was ended',
  async (how) => {
    const { clock, watch, missing, ...settle } = watching([sent('a', 7)]);
    watch.look();
    await clock.advance(2_000);
    watch.clear();
    settle[how]();
    await clock.settle();
    expect(missing).toEqual([]);
    expect(clock.waiting()).toBe(0);
  },
);
