import { afterEach, describe, expect, test, vi } from 'vitest';
import { createBackend } from '../backend.js';
import { shopBot } from '../bots/shop-bot.js';
import { silentLog } from '../log.js';
import { CONVERSATION_ADDED, MESSAGE_ADDED, messageFields } from '../testing/deliveries.js';
import { parrot } from '../testing/parrot.js';
import { type Stack, startStack } from '../testing/stack.js';
import { wireWebhooks } from '../wire-webhooks.js';

let stack: Stack;
afterEach(() => stack.close());

describe('a new conversation', () => {
  test('gets the bot’s webhook and its welcome when the service reports it', async () => {
    stack = await startStack(shopBot);
    await wireWebhooks(stack.host.config);
    const { sid } = await stack.service.conversations.create({ xTwilioWebhookEnabled: 'true' });
    await vi.waitFor(async () => expect(await stack.bodiesIn(sid)).toHaveLength(1), 4000);
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
    const sid = await stack.newConversation();
    // Called without a socket between, so that all of them look before one of them has written.
    const { config } = stack.host;
    const { conversationAdded } = createBackend({ config, bot: shopBot, log: silentLog });
    const call = stack.signedCall(CONVERSATION_ADDED, {
      EventType: 'onConversationAdded',
      ConversationSid: sid,
    });
    const replies = await Promise.all([call, call, call].map(conversationAdded));
    expect(replies.map(({ body }) => body)).toEqual([
      { attached: true },
      { attached: false },
      { attached: false },
    ]);
    await Promise.all(replies.map(({ after }) => after?.()));

    expect(await (await stack.added(sid)).json()).toEqual({ attached: false });
    await stack.host.close();
    expect(await stack.service.conversations(sid).webhooks.list()).toHaveLength(1);
    expect(await stack.bodiesIn(sid)).toHaveLength(1);
  });

  test('does not lose its welcome when the visitor was faster and is answered first', async () => {
    stack = await startStack(parrot({ onConversationAdded: () => 'welcome' }));
    const sid = await stack.newConversation();
    await stack.said(sid, 'hello');
    await vi.waitFor(async () => expect(await stack.bodiesIn(sid)).toEqual(['hello!']), 4000);
    await stack.added(sid);
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual(['hello!', 'welcome']);
  });

  test('is welcomed before the bot answers what was said before it came', async () => {
    stack = await startStack(parrot({ onConversationAdded: async () => 'welcome' }));
    const { sid } = await stack.service.conversations.create({});
    await stack.service.conversations(sid).messages.create({ author: 'visitor', body: 'hello' });
    const { config } = stack.host;
    const bot = parrot({ onConversationAdded: async () => 'welcome' });
    const backend = createBackend({ config, bot, log: silentLog });
    const opened = await backend.conversationAdded(
      stack.signedCall(CONVERSATION_ADDED, { EventType: 'onConversationAdded', ConversationSid: sid }),
    );
    // The service delivers earlier messages as soon as the webhook is there, which may be before this answer is sent.
    const heard = await backend.messageAdded(stack.signedCall(MESSAGE_ADDED, messageFields(sid, 'hello')));
    await Promise.all([heard.after?.(), opened.after?.()]);
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'welcome', 'hello!']);
  });

  test('stays silent with a bot that waits to be spoken to', async () => {
    stack = await startStack(parrot());
    const sid = await stack.newConversation();
    expect((await stack.added(sid)).status).toBe(200);
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual([]);
  });

  test('that is gone already is answered with a code, and the log has the reason without credentials', async () => {
    stack = await startStack(shopBot);
    const response = await stack.added(`CH${'0'.repeat(32)}`);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'twilio_unavailable' } });
    expect(stack.log()).toMatch(/"event":"bot_attach".*"status":404/);
  });

  test('is left alone when the event is another one', async () => {
    stack = await startStack(shopBot);
    const sid = await stack.newConversation();
    const response = await stack.deliver(CONVERSATION_ADDED, {
      EventType: 'onConversationUpdated',
      ConversationSid: sid,
    });
    expect(response.status).toBe(204);
    await stack.host.close();
    expect(await stack.bodiesIn(sid)).toEqual([]);
  });

  test('gets the Studio flow that is configured instead of the bot, once', async () => {
    const studioFlowSid = `FW${'7'.repeat(32)}`;
    stack = await startStack(shopBot);
    const sid = await stack.newConversation();
    const config = { ...stack.host.config, studioFlowSid };
    const { conversationAdded } = createBackend({ config, bot: shopBot, log: silentLog });
    const call = stack.signedCall(CONVERSATION_ADDED, {
      EventType: 'onConversationAdded',
      ConversationSid: sid,
    });
    for (const attached of [true, false]) {
      const reply = await conversationAdded(call);
      expect(reply.body).toEqual({ attached });
      await reply.after?.();
    }
    const webhooks = await stack.service.conversations(sid).webhooks.list();
    expect(webhooks.map(({ target, configuration }) => ({ target, configuration }))).toEqual([
      { target: 'studio', configuration: expect.objectContaining({ flow_sid: studioFlowSid }) },
    ]);
    expect(await stack.bodiesIn(sid)).toEqual([]);
  });

  test('gets nothing where there is no bot, and its messages are acknowledged', async () => {
    stack = await startStack(parrot());
    const sid = await stack.newConversation();
    const backend = createBackend({ config: stack.host.config, log: silentLog });
    const added = await backend.conversationAdded(
      stack.signedCall(CONVERSATION_ADDED, { EventType: 'onConversationAdded', ConversationSid: sid }),
    );
    await added.after?.();
    expect(added).toMatchObject({ status: 200, body: { attached: false } });
    const said = await backend.messageAdded(stack.signedCall(MESSAGE_ADDED, messageFields(sid, 'hello')));
    await said.after?.();
    expect(said.status).toBe(204);
    expect(await stack.service.conversations(sid).webhooks.list()).toEqual([]);
    expect(await stack.bodiesIn(sid)).toEqual([]);
  });

  test('has one webhook when two servers are told of it at the same time', async () => {
    stack = await startStack(parrot());
    const sid = await stack.newConversation();
    const call = stack.signedCall(CONVERSATION_ADDED, {
      EventType: 'onConversationAdded',
      ConversationSid: sid,
    });
    const servers = [1, 2].map(() =>
      createBackend({ config: stack.host.config, bot: parrot(), log: silentLog }),
    );
    await Promise.all(servers.map(({ conversationAdded }) => conversationAdded(call)));
    expect(await stack.service.conversations(sid).webhooks.list()).toHaveLength(1);
  });

  test('that has five webhooks already is answered with a code, and the log says what to do', async () => {
    stack = await startStack(parrot());
    const sid = await stack.newConversation();
    const { webhooks } = stack.service.conversations(sid);
    for (let n = 0; n < 5; n += 1) {
      await webhooks.create({ target: 'webhook', 'configuration.url': `http://127.0.0.1:1/${n}` });
    }
    expect((await stack.added(sid)).status).toBe(502);
    expect(stack.log()).toMatch(/"event":"bot_attach".*five webhooks already.*Remove one of them/);
  });
});
