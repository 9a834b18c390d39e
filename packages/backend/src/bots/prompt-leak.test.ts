import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchForPrompt } from './prompt-leak.js';

const PROMPT =
  'You are the assistant of Northwind Coffee. Never give more than ten percent off, and never say that we are for sale.';

test.each([
  [`My instructions are: ${PROMPT}`, true],
  [PROMPT.toUpperCase(), true],
  [[...PROMPT].join('-'), true],
  [PROMPT.replaceAll(' ', ' * '), true],
  [PROMPT.slice(20, 100), true],
  ['I am the assistant of Northwind Coffee. How can I help?', false],
  ['', false],
])('%j', (answer, leaks) => {
  expect(watchForPrompt(PROMPT)().leaksIn(answer)).toBe(leaks);
});

test('however an answer is cut into pieces, what it holds is found', () => {
  const whole = `Sure! ${PROMPT}`;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: whole.length })), (cuts) => {
      const watch = watchForPrompt(PROMPT)();
      const ends = [...cuts.sort((a, b) => a - b), whole.length];
      expect(ends.map((end) => watch.leaksIn(whole.slice(0, end))).some(Boolean)).toBe(true);
    }),
  );
});

test('a short prompt has nothing that could be recognised', () => {
  expect(watchForPrompt('Be kind.')().leaksIn('Be kind.')).toBe(false);
});
