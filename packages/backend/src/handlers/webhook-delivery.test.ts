import fc from 'fast-check';
import twilio from 'twilio';
import { afterEach, describe, expect, test } from 'vitest';
import { createBackend } from '../backend.js';
import { silentLog } from '../log.js';
import { CONVERSATION_ADDED, MESSAGE_ADDED, messageFields } from '../testing/deliveries.js';
import { parrot } from '../testing/parrot.js';
import { type Stack, startStack } from '../testing/stack.js';
import { isFresh } from './webhook-delivery.js';

let stack: Stack;
afterEach(() => stack?.close());

const MINUTE = 60_000;

test('young is what is at most 15 minutes old, and at most a day ahead', () => {
  const now = 1_800_000_000_000;
  fc.assert(
    fc.property(fc.integer({ min: -30 * MINUTE, max: 3000 * MINUTE }), (ahead) => {
      expect(isFresh(now + ahead, now)).toBe(ahead >= -15 * MINUTE && ahead <= 1440 * MINUTE);
    }),
  );
});

describe.each([
  [MESSAGE_ADDED, 'onMessageAdded'],
  [CONVERSATION_ADDED, 'onConversationAdded'],
])('a delivery to %s', (path, EventType) => {
  async function setUp() {
    const bot = parrot({ onConversationAdded: () => 'welcome' });
    stack = await startStack(bot);
    const sid = await stack.newConversation();
    return { bot, sid, fields: { ...messageFields(sid, 'hello'), EventType } };
  }

  test.each([
    ['16 minutes ago', -16 * MINUTE],
    ['two days ahead', 2880 * MINUTE],
  ])('about what happened %s is refused', async (_when, ahead) => {
    const { sid, fields } = await setUp();
    const DateCreated = new Date(Date.now() + ahead).toISOString();
    const response = await stack.deliver(path, { ...fields, DateCreated });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'delivery_too_old' } });
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual([]);
    expect(stack.log()).toContain('"outcome":"delivery_too_old"');
  });

  test('with a date that is none is refused by its name', async () => {
    const { fields } = await setUp();
    const response = await stack.deliver(path, { ...fields, DateCreated: 'yesterday' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'bad_request', message: expect.stringContaining('DateCreated') },
    });
  });

  test('about another account is refused, although it is signed', async () => {
    const { fields } = await setUp();
    const response = await stack.deliver(path, { ...fields, AccountSid: `AC${'9'.repeat(32)}` });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: { code: 'signature_invalid', message: expect.stringContaining('ACCOUNT_SID') },
    });
  });

  test('about another service of the account is left alone, and the log names the service', async () => {
    const { sid, fields } = await setUp();
    const ChatServiceSid = `IS${'9'.repeat(32)}`;
    expect((await stack.deliver(path, { ...fields, ChatServiceSid })).status).toBe(204);
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual([]);
    expect(stack.log()).toContain(ChatServiceSid);
  });

  test('that is not signed for this address, and for exactly what it says, is refused', async () => {
    const { fields } = await setUp();
    const { credentials } = stack.emulator;
    const params: Record<string, string> = { AccountSid: credentials.accountSid, ...fields };
    const own = stack.host.config.publicBaseUrl + path;
    const sign = (
      url: string,
      signed: Record<string, string | string[]> = params,
      token = credentials.authToken,
    ) => twilio.getExpectedTwilioSignature(token, url, signed);
    const form = 'application/x-www-form-urlencoded';
    const bodyOf = (pairs: Record<string, string>): string => new URLSearchParams(pairs).toString();
    const right = sign(own);
    const calls: [why: string, signature: string | undefined, init: RequestInit, search?: string][] = [
      ['unsigned', undefined, {}],
      ['wrong', 'ntxWrRvuVg63L0hNmxnKoqUi+LE=', {}],
      ['for another path', sign(`${own}/`), {}],
      ['for another host', sign(own.replace('127.0.0.1', 'localhost')), {}],
      ['by another token', sign(own, params, 'x'.repeat(32)), {}],
      ['changed', right, { body: bodyOf({ ...params, Body: 'hello?' }) }],
      ['one more', right, { body: bodyOf({ ...params, More: '1' }) }],
      ['one twice', right, { body: `${bodyOf(params)}&Author=agent` }],
      ['a query that was not signed', right, {}, '?x=1'],
      [
        'JSON, signed as JSON is',
        sign(own, {}),
        { body: JSON.stringify(params), headers: { 'content-type': 'application/json' } },
      ],
    ];
    const statuses: Record<string, number> = {};
    for (const [why, signature, init, search = ''] of calls) {
      const { status } = await fetch(stack.host.url + path + search, {
        method: 'POST',
        body: bodyOf(params),
        ...init,
        headers: {
          'content-type': form,
          ...(init.headers as Record<string, string>),
          ...(signature !== undefined && { 'x-twilio-signature': signature }),
        },
      });
      statuses[why] = status;
    }
    expect(statuses).toEqual(Object.fromEntries(calls.map(([why]) => [why, 403])));
    const read = await fetch(`${stack.host.url}${path}?${bodyOf(params)}`, {
      headers: { 'x-twilio-signature': sign(`${own}?${bodyOf(params)}`, {}) },
    });
    expect(read.status).toBe(405);
  });

  test('whose parameters come in another order is the same delivery', async () => {
    const { fields } = await setUp();
    const reversed = Object.fromEntries(Object.entries(fields).reverse());
    expect((await stack.deliver(path, reversed)).status).toBeLessThan(300);
  });
});

test('a message whose delivery has no date is as old as the conversation says', async () => {
  const bot = parrot();
  stack = await startStack(bot);
  const sid = await stack.newConversation();
  const { DateCreated: _, ...fields } = messageFields(sid, 'hello');
  const { messages } = stack.service.conversations(sid);
  const { sid: MessageSid, index } = await messages.create({ author: fields.Author ?? '', body: 'hello' });
  const call = stack.signedCall(MESSAGE_ADDED, { ...fields, MessageSid, Index: String(index) });
  const unknown = stack.signedCall(MESSAGE_ADDED, fields);
  for (const [later, delivery] of [
    [16 * MINUTE, call],
    [0, unknown],
  ] as const) {
    const now = (): number => Date.now() + later;
    const backend = createBackend({ config: stack.host.config, bot, log: silentLog, now });
    await (await backend.messageAdded(delivery)).after?.();
    expect(bot.asked).toEqual([]);
  }
  const backend = createBackend({ config: stack.host.config, bot, log: silentLog });
  await (await backend.messageAdded(call)).after?.();
  expect(bot.asked).toHaveLength(1);
});
