import fc from 'fast-check';
import { expect, test } from 'vitest';
import { consecutiveTurns, type Said, saidWithinMinute } from './bot-limits.js';

const answer = (inReplyTo: string | undefined, at = 0): Said => ({ own: true, inReplyTo, at });
const visitor: Said = { own: false, inReplyTo: undefined, at: 0 };

test('the bot’s messages of the last minute are counted, and nobody else’s', () => {
  const now = 100_000;
  const history = [
    answer('a', 39_000),
    answer('a', 40_000),
    answer('b', 40_001),
    visitor,
    answer('c', 99_999),
  ];
  expect(saidWithinMinute(history, now)).toBe(2);
  expect(saidWithinMinute([{ ...visitor, at: 99_999 }], now)).toBe(0);
});

test('messages that answer one message are one turn, and a visitor’s message ends the row', () => {
  expect(consecutiveTurns([])).toBe(0);
  expect(consecutiveTurns([answer('a'), visitor, answer('b'), answer('b'), answer('c')])).toBe(2);
  expect(consecutiveTurns([answer(undefined), answer('a')])).toBe(1);
  expect(consecutiveTurns([answer('a'), visitor])).toBe(0);
});

test('turns in a row are never more than the bot’s messages, and none after somebody else’s', () => {
  const said = fc.record({
    own: fc.boolean(),
    inReplyTo: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
    at: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(said), (history) => {
      expect(consecutiveTurns(history)).toBeLessThanOrEqual(history.filter(({ own }) => own).length);
      expect(consecutiveTurns([...history, visitor])).toBe(0);
    }),
  );
});
