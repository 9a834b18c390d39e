import { afterEach, describe, expect, test, vi } from 'vitest';
import { MESSAGE_ADDED, VISITOR } from '../testing/deliveries.js';
import { gate } from '../testing/gate.js';
import { parrot } from '../testing/parrot.js';
import { type Stack, startStack } from '../testing/stack.js';

let stack: Stack;
afterEach(() => stack.close());

describe('a new message', () => {
  test('is acknowledged before the bot has thought about it, and answered afterwards', async () => {
    const thinking = gate();
    stack = await startStack(
      parrot({
        onMessageAdded: async () => {
          await thinking.opened;
          return ['first', { body: 'second', attributes: { colour: 'red' } }];
        },
      }),
    );
    const sid = await stack.newConversation();
    const inReplyTo = `IM${'c'.repeat(32)}`;
    const response = await stack.said(sid, 'hello', { MessageSid: inReplyTo });
    expect(response.status).toBe(204);
    expect(await stack.bodiesIn(sid)).toEqual([]);

    const closed = stack.host.close();
    thinking.open();
    await closed;
    const answers = await stack.service.conversations(sid).messages.list();
    expect(
      answers.map(({ author, body, attributes }) => ({ author, body, attributes: JSON.parse(attributes) })),
    ).toEqual([
      { author: 'parrot', body: 'first', attributes: { inReplyTo, part: 0 } },
      { author: 'parrot', body: 'second', attributes: { colour: 'red', inReplyTo, part: 1, last: true } },
    ]);
  });

  test('reaches the bot with its words, its author, its place and its attributes', async () => {
    const bot = parrot();
    stack = await startStack(bot);
    const sid = await stack.newConversation();
    await stack.said(sid, 'Hi & bye – 😀 %2B+', { Index: '3', Attributes: '{"lang":"de"}' });
    await stack.host.close();
    expect(bot.asked).toEqual([
      {
        sid: expect.stringMatching(/^IM/),
        body: 'Hi & bye – 😀 %2B+',
        author: VISITOR,
        index: 3,
        attributes: { lang: 'de' },
      },
    ]);
    expect(await stack.bodiesIn(sid)).toEqual(['Hi & bye – 😀 %2B+!']);
  });

  test('of the bot itself, or of the REST API, wakes nobody', async () => {
    const bot = parrot();
    stack = await startStack(bot);
    const sid = await stack.newConversation();
    const own = await stack.said(sid, 'mine', { Author: 'parrot' });
    const api = await stack.said(sid, 'from a server', { Source: 'API' });
    expect([own.status, api.status]).toEqual([204, 204]);
    await stack.host.close();
    expect(bot.asked).toEqual([]);
  });

  test('that is delivered twice is answered once', async () => {
    const bot = parrot();
    stack = await startStack(bot);
    const sid = await stack.newConversation();
    const MessageSid = `IM${'a'.repeat(32)}`;
    await Promise.all([stack.said(sid, 'hello', { MessageSid }), stack.said(sid, 'hello', { MessageSid })]);
    await stack.said(sid, 'hello', { MessageSid });
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual(['hello!']);
  });

  test('waits for the answer to the one before it', async () => {
    const slow = gate();
    stack = await startStack(
      parrot({
        onMessageAdded: async ({ body }) => {
          if (body === 'one') await slow.opened;
          return [`${body} a`, `${body} b`];
        },
      }),
    );
    const sid = await stack.newConversation();
    await stack.said(sid, 'one');
    await stack.said(sid, 'two');
    const closed = stack.host.close();
    slow.open();
    await closed;
    expect(await stack.bodiesIn(sid)).toEqual(['one a', 'one b', 'two a', 'two b']);
  });

  test('that the bot failed at is in the log, and answered when it is delivered again', async () => {
    let failures = 1;
    stack = await startStack(
      parrot({
        onMessageAdded: () => {
          failures -= 1;
          if (failures >= 0) throw new Error('bot is ill');
          return ['well again'];
        },
      }),
    );
    const sid = await stack.newConversation();
    const MessageSid = `IM${'b'.repeat(32)}`;
    expect((await stack.said(sid, 'hello', { MessageSid })).status).toBe(204);
    await vi.waitFor(() => expect(stack.log()).toMatch(/"event":"bot_answer".*bot is ill/), 4000);
    await stack.said(sid, 'hello', { MessageSid });
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual(['well again']);
  });

  test('that the bot never answers is given up with a sentence, and holds up neither the next one nor the stop', async () => {
    const never = new Promise<never>(() => {});
    stack = await startStack(
      parrot({
        onConversationAdded: () => never,
        onMessageAdded: ({ body }) => (body === 'one' ? never : ['two!']),
      }),
      { botLimitMs: 20 },
    );
    const sid = await stack.newConversation();
    await stack.added(sid);
    await stack.said(sid, 'one');
    await stack.said(sid, 'two');
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual(['two!']);
    expect(stack.log()).toMatch(/"event":"welcome".*The bot parrot did not answer within 0\.02 s/);
    expect(stack.log()).toMatch(/"event":"bot_answer".*The bot parrot did not answer within 0\.02 s/);
  });

  test('that cannot be answered since Twilio is away leaves no credentials in the log', async () => {
    stack = await startStack(parrot(), { wait: () => Promise.resolve() });
    await stack.emulator.close();
    await stack.said(`CH${'0'.repeat(32)}`, 'my card number');
    await stack.host.close();
    expect(stack.log()).toMatch(/"event":"bot_answer".*ECONNREFUSED/);
    const { apiKeySid, apiKeySecret, authToken } = stack.host.config;
    const basic = Buffer.from(`${apiKeySid}:${apiKeySecret}`).toString('base64');
    for (const secret of [apiKeySecret, authToken, basic, 'Authorization', 'my card number']) {
      expect(stack.log()).not.toContain(secret);
    }
  });

  test('with a tampered text is refused', async () => {
    const bot = parrot();
    stack = await startStack(bot);
    const { credentials } = stack.emulator;
    const response = await fetch(stack.host.url + MESSAGE_ADDED, {
      method: 'POST',
      headers: { 'x-twilio-signature': 'ntxWrRvuVg63L0hNmxnKoqUi+LE=' },
      body: new URLSearchParams({
        EventType: 'onMessageAdded',
        AccountSid: credentials.accountSid,
        Body: 'x',
      }),
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'signature_invalid' } });
    expect(bot.asked).toEqual([]);
  });

  test('with fields that Twilio would not send is refused by their names', async () => {
    stack = await startStack(parrot());
    const response = await stack.said('../../Services', 'x');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'bad_request', message: expect.stringContaining('ConversationSid') },
    });
  });
});
