import { expect, test } from 'vitest';
import type { RemoteMessage } from './connection.js';
import { createHeardMessages } from './heard-messages.js';

const message = (index: number, updatedAt = 0) => ({ index, updatedAt }) as RemoteMessage;

test('of a message the later copy holds, whichever was heard first', () => {
  const heard = createHeardMessages(5);
  for (const [index, updatedAt] of [
    [2, 7],
    [1, 3],
    [2, 5],
    [1, 4],
  ] as const)
    heard.add(message(index, updatedAt));
  expect(heard.list()).toEqual([message(1, 4), message(2, 7)]);
});

test('no more are kept than the limit, and it is known that some were not', () => {
  const heard = createHeardMessages(3);
  for (const index of [5, 6, 7]) heard.add(message(index));
  expect(heard.lost()).toBe(0);
  heard.add(message(8));
  heard.remove(7);
  expect([heard.lost(), heard.list().map(({ index }) => index)]).toEqual([1, [6, 8]]);
  heard.clear();
  expect([heard.lost(), heard.list()]).toEqual([1, []]);
});
