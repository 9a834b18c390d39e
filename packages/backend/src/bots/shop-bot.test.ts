import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { repliesOf } from '../bot-replies.js';
import type { BotContext, BotMessage, BotReply } from './bot.js';
import { shopBot } from './shop-bot.js';

const OPEN = new Date('2026-11-24T20:00:00Z'); // Tuesday noon in the shop
const CLOSED = new Date('2026-11-22T20:00:00Z'); // Sunday noon

async function ask(body: string, now = OPEN): Promise<readonly BotReply[]> {
  const message: BotMessage = { sid: 'IM1', body, author: 'visitor', index: 0, attributes: {} };
  return repliesOf(await shopBot.onMessageAdded(message, { now } as BotContext));
}

async function said(body: string, now = OPEN): Promise<string> {
  return (await ask(body, now)).map((reply) => (typeof reply === 'string' ? reply : reply.body)).join('\n');
}

test('it greets a new conversation with the shop’s name and what can be asked', () => {
  expect(shopBot.onConversationAdded?.({ now: OPEN } as BotContext)).toMatch(
    /Northwind Coffee.+order.+opening hours/,
  );
});

describe('orders', () => {
  test.each([
    '1042',
    '#1042',
    'NW-1042',
    'nw1042',
    'Where is my order 1042?',
    'order number: 1042',
    'my parcel no. 1042 has not come',
    'It is #1042, thanks!',
  ])('%j is told where order 1042 is', async (text) => {
    expect(await said(text)).toMatch(/Order 1042 .+ is on its way/);
  });

  test('each state of an order has its sentence', async () => {
    expect(await said('order 1043')).toMatch(/is being roasted/);
    expect(await said('order 1038')).toMatch(/is delivered/);
    expect(await said('order 1029')).toMatch(/was cancelled/);
  });

  test('a number that no order has is said back', async () => {
    expect(await said('order 9999')).toMatch(/can’t find an order 9999/);
  });

  test('without a number it asks for one', async () => {
    expect(await said('where is my order')).toMatch(/What is your order number/);
  });

  test('a number in passing is not taken for an order', async () => {
    expect(await said('do you deliver to postcode 1050')).toMatch(/free from \$40/);
  });
});

describe('topics', () => {
  test.each([
    ['hi', /Hello!/],
    ['Good morning!', /Hello!/],
    ['hi, when are you open?', /Monday to Friday/],
    ['What are your opening hours', /Monday to Friday/],
    ['how much is shipping', /free from \$40/],
    ['I want to return a grinder', /within 30 days/],
    ['how do I get a refund for my order', /within 30 days/],
    ['which beans would you recommend?', /Harbour/],
    ['thanks!', /welcome/],
    ['bye', /Goodbye/],
    ['help', /I can help with/],
    ['quantum chromodynamics', /not sure.+\n.*I can help|not sure.+I can help/],
    ['', /can’t look at files/],
  ])('%j is answered', async (text, answer) => {
    expect(await said(text)).toMatch(answer);
  });

  test('it knows whether the shop is open in the shop’s own time', async () => {
    expect(await said('opening hours', OPEN)).toMatch(/open right now/);
    expect(await said('opening hours', CLOSED)).toMatch(/closed/);
    expect(await said('opening hours', new Date('2026-11-24T15:59:00Z'))).toMatch(/closed/);
    expect(await said('opening hours', new Date('2026-11-24T16:00:00Z'))).toMatch(/open right now/);
  });
});

test('asking for a person is marked, and says what would happen', async () => {
  const [first, second] = await ask('can I talk to a human please');
  expect(first).toMatchObject({ attributes: { handover: 'requested' } });
  expect(second).toMatch(/colleague would join.+demo/);
  expect(await said('talk to a human', CLOSED)).toMatch(/when we open again/);
});

test('any text gets at least one answer with words, and the same one again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 300 }), async (text) => {
      const answer = await said(text);
      expect(answer.trim()).not.toBe('');
      expect(await said(text)).toBe(answer);
    }),
  );
});
