import { expect, test } from 'vitest';
import { createMemoryKnownVisitors } from './known-visitors.js';

test('a visitor who was added is known, and nobody else', async () => {
  const known = createMemoryKnownVisitors();
  expect(await known.has('a')).toBe(false);
  await known.add('a');
  expect([await known.has('a'), await known.has('b')]).toEqual([true, false]);
});

test('whoever was away longest is forgotten when there are too many', async () => {
  const known = createMemoryKnownVisitors({ capacity: 2 });
  await known.add('a');
  await known.add('b');
  await known.has('a');
  await known.add('c');
  expect([await known.has('a'), await known.has('b'), await known.has('c')]).toEqual([true, false, true]);
});
