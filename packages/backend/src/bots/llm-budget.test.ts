import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLlmBudget } from './llm-budget.js';

const LIMITS = {
  turnsPerConversation: 3,
  tokensPerConversation: 1_000,
  secondsPerConversation: 10,
  tokensPerHour: 2_000,
};

test('turns that a server before this one gave count on, even when the conversation shows fewer of them', () => {
  const budget = createLlmBudget(LIMITS, () => 0);
  expect(budget.take('CH1', 1, 2)).toBeTypeOf('object');
  expect(budget.take('CH1', 1, 1)).toBe('turnsPerConversation');
});

test('what was estimated is held until it is known, and what was used counts then', () => {
  const budget = createLlmBudget(LIMITS, () => 0);
  const first = budget.take('CH1', 600, 0);
  expect(budget.take('CH1', 600, 0)).toBe('tokensPerConversation');
  if (typeof first === 'string') throw new Error(first);
  first.settle({ tokens: 100, ms: 0 });
  expect(budget.take('CH1', 600, 0)).toBeTypeOf('object');
});

test('seconds of the model end a conversation, not those of the visitor', () => {
  let now = 0;
  const budget = createLlmBudget(LIMITS, () => now);
  const turn = budget.take('CH1', 1, 0);
  now = 60_000;
  if (typeof turn === 'string') throw new Error(turn);
  expect(budget.take('CH1', 1, 0)).toBeTypeOf('object');
  turn.settle({ tokens: 1, ms: 10_000 });
  expect(budget.take('CH1', 1, 0)).toBe('secondsPerConversation');
});

test('after an hour there is a new one, and after a clock that was set back too', () => {
  let now = 0;
  const budget = createLlmBudget(LIMITS, () => now);
  expect(budget.take('CH1', 1_000, 0)).toBeTypeOf('object');
  expect(budget.take('CH2', 1_000, 0)).toBeTypeOf('object');
  now = 3_599_999;
  expect(budget.take('CH3', 1, 0)).toBe('tokensPerHour');
  now = 3_600_000;
  expect(budget.take('CH3', 1_000, 0)).toBeTypeOf('object');
  expect(budget.take('CH4', 1_000, 0)).toBeTypeOf('object');
  now = 5;
  expect(budget.take('CH5', 1, 0)).toBeTypeOf('object');
});

test('however turns are taken and settled, an hour never gives out more than it has', () => {
  const turn = fc.record({
    place: fc.nat({ max: 20 }),
    tokens: fc.nat({ max: 500 }),
    used: fc.nat({ max: 500 }),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 60 }), (turns) => {
      const budget = createLlmBudget(LIMITS, () => 0);
      let spent = 0;
      const spentIn = new Map<number, number>();
      for (const { place, tokens, used } of turns) {
        const taken = budget.take(`CH${place}`, tokens, 0);
        if (typeof taken === 'string') continue;
        const counted = Math.min(used, tokens);
        taken.settle({ tokens: counted, ms: 0 });
        spent += counted;
        spentIn.set(place, (spentIn.get(place) ?? 0) + counted);
        expect(spent).toBeLessThanOrEqual(LIMITS.tokensPerHour);
        expect(spentIn.get(place)).toBeLessThanOrEqual(LIMITS.tokensPerConversation);
      }
      // What was not used is there for others.
      const refused = budget.take('CH99', Math.max(0, LIMITS.tokensPerConversation - 1), 0);
      if (spent <= LIMITS.tokensPerHour - LIMITS.tokensPerConversation) expect(refused).toBeTypeOf('object');
    }),
  );
});
