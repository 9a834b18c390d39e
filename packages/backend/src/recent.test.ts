import { expect, test } from 'vitest';
import { createRecent } from './recent.js';

test('an id is new once, and again when it was pushed out by newer ones', () => {
  const recent = createRecent(2);
  expect(recent.has('a')).toBe(false);
  expect(recent.add('a')).toBe(true);
  expect(recent.add('a')).toBe(false);
  expect(recent.has('a')).toBe(true);
  recent.add('b');
  recent.add('c');
  expect(recent.add('b')).toBe(false);
  expect(recent.has('a')).toBe(false);
  expect(recent.add('a')).toBe(true);
});
