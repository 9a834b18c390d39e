import { inspect } from 'node:util';
import { Client } from '@twilio/conversations';
import twilio from 'twilio';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createBackend } from '../backend.js';
import type { Bot, BotMessage } from '../bots/bot.js';
import { shopBot } from '../bots/shop-bot.js';
import type { Call } from '../call.js';
import { silentLog } from '../log.js';
import { PAGE_ORIGIN, type Stack, startStack } from '../testing/stack.js';
import { newVisitor } from '../testing/visitor.js';
import { wireWebhooks } from '../wire-webhooks.js';

const CONVERSATION_ADDED = '/webhooks/conversation-added';
const MESSAGE_ADDED = '/webhooks/message-added';

let stack: Stack;
afterEach(() => stack.close());

/** A conversation that nobody was told of. */
async function newConversation(): Promise<string> {
  return (await stack.service.conversations.create({})).sid;
}

function added(conversationSid: string): Promise<Response> {
  return stack.deliver(CONVERSATION_ADDED, {
    EventType: 'onConversationAdded',
    ConversationSid: conversationSid,
  });
}

function signedCall(path: string, fields: Record<string, string>): Call {
  const { authToken, serviceSid, publicBaseUrl } = stack.host.config;
  const params = { ChatServiceSid: serviceSid, ...fields };
  const signature = twilio.getExpectedTwilioSignature(authToken, publicBaseUrl + path, params);
  return {
    method: 'POST',
    headers: { 'x-twilio-signature': signature },
    query: {},
    search: '',
    body: { kind: 'params', params },
  };
}

let messages = 0;
function messageFields(conversationSid: string, body: string): Record<string, string> {
  messages += 1;
  return {
    EventType: 'onMessageAdded',
    Source: 'SDK',
    ConversationSid: conversationSid,
    MessageSid: `IM${String(messages).padStart(32, '0')}`,
    Index: '0',
    Author: 'visitor',
    Body: body,
    Attributes: '{}',
  };
}

function said(conversationSid: string, body: string, fields: Record<string, string> = {}): Promise<Response> {
  return stack.deliver(MESSAGE_ADDED, { ...messageFields(conversationSid, body), ...fields });
}

async function bodiesIn(conversationSid: string): Promise<string[]> {
  return (await stack.service.conversations(conversationSid).messages.list()).map((message) => message.body);
}

/** Answers each message with its text, and keeps what it was asked. */
function parrot(changes: Partial<Bot> = {}): Bot & { asked: BotMessage[] } {
  const asked: BotMessage[] = [];
  return {
    asked,
    identity: 'parrot',
    onMessageAdded(message) {
      asked.push(message);
      return [`${message.body}!`];
    },
    ...changes,
  };
}

function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a new conversation', () => {
  test('gets the bot’s webhook and its welcome when the service reports it', async () => {
    stack = await startStack(shopBot);
    await wireWebhooks(stack.host.config);
    const { sid } = await stack.service.conversations.create({ xTwilioWebhookEnabled: 'true' });
    await vi.waitFor(async () => expect(await bodiesIn(sid)).toHaveLength(1), 4000);
    await stack.host.close();

    const [welcome] = await stack.service.conversations(sid).messages.list();
    expect(welcome).toMatchObject({ author: 'shop-bot', body: expect.stringContaining('Northwind Coffee') });
    const webhooks = await stack.service.conversations(sid).webhooks.list();
    expect(webhooks.map(({ target, configuration }) => ({ target, ...configuration }))).toEqual([
      expect.objectContaining({
        target: 'webhook',
        url: stack.host.config.publicBaseUrl + MESSAGE_ADDED,
        filters: ['onMessageAdded'],
      }),
    ]);
  });

  test('gets one of each when it is reported many times at once, and again later', async () => {
    stack = await startStack(shopBot);
    const sid = await newConversation();
    // Called without a socket between, so that all of them look before one of them has written.
    const { config } = stack.host;
    const { conversationAdded } = createBackend({ config, bot: shopBot, log: silentLog });
    const call = signedCall(CONVERSATION_ADDED, { EventType: 'onConversationAdded', ConversationSid: sid });
    const replies = await Promise.all([call, call, call].map(conversationAdded));
    expect(replies.map(({ body }) => body)).toEqual([
      { attached: true },
      { attached: false },
      { attached: false },
    ]);
    await Promise.all(replies.map(({ after }) => after?.()));

    expect(await (await added(sid)).json()).toEqual({ attached: false });
    await stack.host.close();
    expect(await stack.service.conversations(sid).webhooks.list()).toHaveLength(1);
    expect(await bodiesIn(sid)).toHaveLength(1);
  });

  test('does not lose its welcome when the visitor was faster and is answered first', async () => {
    stack = await startStack(parrot({ onConversationAdded: () => 'welcome' }));
    const sid = await newConversation();
    await said(sid, 'hello');
    await vi.waitFor(async () => expect(await bodiesIn(sid)).toEqual(['hello!']), 4000);
    await added(sid);
    await stack.host.close();
    expect(await bodiesIn(sid)).toEqual(['hello!', 'welcome']);
  });

  test('is welcomed before the bot answers what was said before it came', async () => {
    stack = await startStack(parrot({ onConversationAdded: async () => 'welcome' }));
    const { sid } = await stack.service.conversations.create({});
    await stack.service.conversations(sid).messages.create({ author: 'visitor', body: 'hello' });
    const { config } = stack.host;
    const bot = parrot({ onConversationAdded: async () => 'welcome' });
    const backend = createBackend({ config, bot, log: silentLog });
    const opened = await backend.conversationAdded(
      signedCall(CONVERSATION_ADDED, { EventType: 'onConversationAdded', ConversationSid: sid }),
    );
    // The service delivers earlier messages as soon as the webhook is there, which may be before this answer is sent.
    const heard = await backend.messageAdded(signedCall(MESSAGE_ADDED, messageFields(sid, 'hello')));
    await Promise.all([heard.after?.(), opened.after?.()]);
    expect(await bodiesIn(sid)).toEqual(['hello', 'welcome', 'hello!']);
  });

  test('stays silent with a bot that waits to be spoken to', async () => {
    stack = await startStack(parrot());
    const sid = await newConversation();
    expect((await added(sid)).status).toBe(200);
    await stack.host.close();
    expect(await bodiesIn(sid)).toEqual([]);
  });

  test('that is gone already is answered with a code, and the log has the reason without credentials', async () => {
    stack = await startStack(shopBot);
    const response = await added(`CH${'0'.repeat(32)}`);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'twilio_unavailable' } });
    expect(stack.log()).toMatch(/"event":"bot_attach".*"status":404/);
  });

  test('is left alone when the event is another one', async () => {
    stack = await startStack(shopBot);
    const sid = await newConversation();
    const response = await stack.deliver(CONVERSATION_ADDED, {
      EventType: 'onConversationUpdated',
      ConversationSid: sid,
    });
    expect(response.status).toBe(204);
    await stack.host.close();
    expect(await bodiesIn(sid)).toEqual([]);
  });
});

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
    const sid = await newConversation();
    const response = await said(sid, 'hello');
    expect(response.status).toBe(204);
    expect(await bodiesIn(sid)).toEqual([]);

    const closed = stack.host.close();
    thinking.open();
    await closed;
    const answers = await stack.service.conversations(sid).messages.list();
    const inReplyTo = `IM${String(messages).padStart(32, '0')}`;
    expect(
      answers.map(({ author, body, attributes }) => ({ author, body, attributes: JSON.parse(attributes) })),
    ).toEqual([
      { author: 'parrot', body: 'first', attributes: { inReplyTo } },
      { author: 'parrot', body: 'second', attributes: { colour: 'red', inReplyTo } },
    ]);
  });

  test('reaches the bot with its words, its author, its place and its attributes', async () => {
    const bot = parrot();
    stack = await startStack(bot);
    const sid = await newConversation();
    await said(sid, 'Hi & bye – 😀 %2B+', { Index: '3', Attributes: '{"lang":"de"}' });
    await stack.host.close();
    expect(bot.asked).toEqual([
      {
        sid: expect.stringMatching(/^IM/),
        body: 'Hi & bye – 😀 %2B+',
        author: 'visitor',
        index: 3,
        attributes: { lang: 'de' },
      },
    ]);
    expect(await bodiesIn(sid)).toEqual(['Hi & bye – 😀 %2B+!']);
  });

  test('of the bot itself, or of the REST API, wakes nobody', async () => {
    const bot = parrot();
    stack = await startStack(bot);
    const sid = await newConversation();
    const own = await said(sid, 'mine', { Author: 'parrot' });
    const api = await said(sid, 'from a server', { Source: 'API' });
    expect([own.status, api.status]).toEqual([204, 204]);
    await stack.host.close();
    expect(bot.asked).toEqual([]);
  });

  test('that is delivered twice is answered once', async () => {
    const bot = parrot();
    stack = await startStack(bot);
    const sid = await newConversation();
    const MessageSid = `IM${'a'.repeat(32)}`;
    await Promise.all([said(sid, 'hello', { MessageSid }), said(sid, 'hello', { MessageSid })]);
    await said(sid, 'hello', { MessageSid });
    await stack.host.close();
    expect(await bodiesIn(sid)).toEqual(['hello!']);
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
    const sid = await newConversation();
    await said(sid, 'one');
    await said(sid, 'two');
    const closed = stack.host.close();
    slow.open();
    await closed;
    expect(await bodiesIn(sid)).toEqual(['one a', 'one b', 'two a', 'two b']);
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
    const sid = await newConversation();
    const MessageSid = `IM${'b'.repeat(32)}`;
    expect((await said(sid, 'hello', { MessageSid })).status).toBe(204);
    await vi.waitFor(() => expect(stack.log()).toMatch(/"event":"bot_answer".*bot is ill/), 4000);
    await said(sid, 'hello', { MessageSid });
    await stack.host.close();
    expect(await bodiesIn(sid)).toEqual(['well again']);
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
    const sid = await newConversation();
    await added(sid);
    await said(sid, 'one');
    await said(sid, 'two');
    await stack.host.close();
    expect(await bodiesIn(sid)).toEqual(['two!']);
    expect(stack.log()).toMatch(/"event":"welcome".*The bot parrot did not answer within 0\.02 s/);
    expect(stack.log()).toMatch(/"event":"bot_answer".*The bot parrot did not answer within 0\.02 s/);
  });

  test('that cannot be answered since Twilio is away leaves no credentials in the log', async () => {
    stack = await startStack(parrot());
    await stack.emulator.close();
    await said(`CH${'0'.repeat(32)}`, 'my card number');
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
    const response = await said('../../Services', 'x');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'bad_request', message: expect.stringContaining('ConversationSid') },
    });
  });
});

describe('the service’s webhook', () => {
  const serviceWebhooks = () => stack.service.configuration.webhooks().fetch();

  test('is written once and then left as it is', async () => {
    stack = await startStack(shopBot);
    const postWebhookUrl = stack.host.config.publicBaseUrl + CONVERSATION_ADDED;
    expect(await wireWebhooks(stack.host.config)).toEqual({
      changed: true,
      postWebhookUrl,
      filters: ['onConversationAdded'],
    });
    expect(await serviceWebhooks()).toMatchObject({
      postWebhookUrl,
      method: 'POST',
      filters: ['onConversationAdded'],
    });
    expect(await wireWebhooks(stack.host.config)).toMatchObject({ changed: false });
  });

  test('keeps the other events that it reports', async () => {
    stack = await startStack(shopBot);
    await stack.service.configuration.webhooks().update({ filters: ['onParticipantAdded'] });
    await wireWebhooks(stack.host.config);
    expect((await serviceWebhooks()).filters).toEqual(['onParticipantAdded', 'onConversationAdded']);
  });

  test('that cannot be written is refused by a sentence that holds no credentials', async () => {
    stack = await startStack(shopBot);
    await stack.emulator.close();
    const failure = await wireWebhooks(stack.host.config).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'twilio_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const { apiKeySid, apiKeySecret } = stack.host.config;
    // As Node prints an error that nobody catches, and deeper.
    const printed = inspect(failure, { depth: 10, showHidden: true });
    for (const secret of [apiKeySecret, Buffer.from(`${apiKeySid}:${apiKeySecret}`).toString('base64')]) {
      expect(printed).not.toContain(secret);
    }
  });
});

describe('a visitor with the official SDK', () => {
  const clients: Client[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.shutdown()));
  });

  async function signIn() {
    const { identity, proof } = await newVisitor();
    const response = await fetch(`${stack.host.url}/chat-widget?identity=${identity}`, {
      method: 'POST',
      headers: { origin: PAGE_ORIGIN },
      body: new URLSearchParams({ proof }),
    });
    const { token, realtimeUrl } = (await response.json()) as { token: string; realtimeUrl: string };
    const client = new Client(token, { Twilsock: { uri: realtimeUrl } });
    clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.once('initialized', () => resolve());
      client.once('initFailed', ({ error }) => reject(new Error(error?.message)));
    });
    const conversation = await client.createConversation({});
    await conversation.join();
    return { identity, conversation };
  }

  test('is signed in, greeted and answered', async () => {
    stack = await startStack(shopBot);
    await wireWebhooks(stack.host.config);
    const { identity, conversation } = await signIn();
    await conversation.sendMessage('where is order 1042?');
    await vi.waitFor(async () => expect(await bodiesIn(conversation.sid)).toHaveLength(3), 4000);
    const { items } = await conversation.getMessages();
    const texts = items.map(({ author, body }) => `${author === identity ? 'visitor' : author}: ${body}`);
    expect(texts).toContain('visitor: where is order 1042?');
    expect(texts).toContainEqual(expect.stringMatching(/^shop-bot: Hi, welcome/));
    expect(texts).toContainEqual(expect.stringMatching(/^shop-bot: Order 1042 .+ on its way/));
  });

  test('is answered even if the first message was there before the bot', async () => {
    stack = await startStack(parrot());
    const { conversation } = await signIn();
    await conversation.sendMessage('anybody here?');
    await added(conversation.sid);
    await vi.waitFor(
      async () => expect(await bodiesIn(conversation.sid)).toEqual(['anybody here?', 'anybody here?!']),
      4000,
    );
  });
});
