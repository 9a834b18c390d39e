import { expect, test } from 'vitest';
import { createLoopTurn } from './loop-turn.js';

test('all who wait in one turn of the event loop go on together, when it ends', async () => {
  const endOfTurn = createLoopTurn();
  const done: string[] = [];
  const first = endOfTurn().then(() => done.push('first'));
  await new Promise((resolve) => process.nextTick(resolve));
  const second = endOfTurn().then(() => done.push('second'));
  await new Promise((resolve) => process.nextTick(resolve));
  expect(done).toEqual([]);
  await first;
  // No turn lies between them.
  await Promise.resolve();
  expect(done).toEqual(['first', 'second']);
  await second;
});

test('who comes when a turn has ended waits for the end of the next one', async () => {
  const endOfTurn = createLoopTurn();
  await endOfTurn();
  let done = false;
  const next = endOfTurn().then(() => {
    done = true;
  });
  await new Promise((resolve) => process.nextTick(resolve));
  expect(done).toBe(false);
  await next;
});
