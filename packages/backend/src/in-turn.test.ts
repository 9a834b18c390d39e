import { expect, test } from 'vitest';
import { createTurns } from './in-turn.js';
import { gate } from './testing/gate.js';

test('work of one key waits for its turn, work of another does not', async () => {
  const inTurn = createTurns();
  const order: string[] = [];
  const first = gate();
  const a = inTurn('a', async () => {
    await first.opened;
    order.push('a1');
  });
  const b = inTurn('a', async () => void order.push('a2'));
  await inTurn('b', async () => void order.push('b1'));
  first.open();
  await Promise.all([a, b]);
  expect(order).toEqual(['b1', 'a1', 'a2']);
});

test('a failure reaches who asked for it and ends only its own turn', async () => {
  const inTurn = createTurns();
  const failing = inTurn('a', () => Promise.reject(new Error('no')));
  const next = inTurn('a', async () => 'yes');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
