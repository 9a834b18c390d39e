import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choiceOf } from './choice.js';

test('a choice is read from the attributes of the message that tells it', () => {
  const choice = { id: 'yes', inReplyTo: 'IM1' };
  expect(choiceOf({ attributes: { cid: 'c', choice } })).toEqual(choice);
  expect(choiceOf({ attributes: { cid: 'c' } })).toBeNull();
  expect(choiceOf({ attributes: { choice: { id: 1, inReplyTo: 'IM1' } } })).toBeNull();
});

test('whatever a stranger sends is read without a throw', () => {
  fc.assert(fc.property(fc.anything(), (choice) => void choiceOf({ attributes: { choice } })));
});
