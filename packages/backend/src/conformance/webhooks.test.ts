import { fileURLToPath } from 'node:url';
import { Client } from '@twilio/conversations';
import twilio from 'twilio';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { messageFields } from '../testing/deliveries.js';
import { type BuiltFunctions, buildFunctions } from '../testing/functions-project.js';
import {
  call,
  type HostUnderTest,
  hostsUnderTest,
  type RunningHost,
  shows,
} from '../testing/host-under-test.js';
import { newVisitor } from '../testing/visitor.js';

let built: BuiltFunctions;
beforeAll(async () => {
  built = await buildFunctions(fileURLToPath(new URL('../testing/echo-bot.ts', import.meta.url)));
});
afterAll(() => built.remove());

let host: RunningHost;
afterEach(() => host.close());

async function errorCode(response: Response): Promise<string | undefined> {
  return ((await response.json()) as { error?: { code: string } }).error?.code;
}

describe.each(hostsUnderTest(() => built.dir))('the webhooks on $name', ({ start }: HostUnderTest) => {
  const WELCOME = 'Hello';

  function delivery(path: string, fields: Record<string, string>, signedUrl = host.url + path) {
    const { accountSid, authToken, serviceSid } = host.emulator.credentials;
    const params = { AccountSid: accountSid, ChatServiceSid: serviceSid, RetryCount: '0', ...fields };
    return {
      url: host.url + path,
      body: new URLSearchParams(params),
      headers: { 'x-twilio-signature': twilio.getExpectedTwilioSignature(authToken, signedUrl, params) },
    };
  }

  const deliver = ({ url, ...request }: ReturnType<typeof delivery>): Promise<Response> =>
    fetch(url, { method: 'POST', ...request });

  async function newConversation(): Promise<string> {
    return (await host.service.conversations.create({})).sid;
  }

  const webhooksOf = async (sid: string): Promise<unknown[]> =>
    (await host.service.conversations(sid).webhooks.list()).map(({ configuration }) => configuration.url);

  const bodiesIn = async (sid: string): Promise<string[]> =>
    (await host.service.conversations(sid).messages.list()).map(({ body }) => body);

  it('put the bot on a new conversation once, however often they are told', async () => {
    host = await start();
    const ConversationSid = await newConversation();
    const added = delivery(host.paths.conversationAdded, {
      EventType: 'onConversationAdded',
      ConversationSid,
    });
    expect((await deliver(added)).status).toBe(200);
    expect((await deliver(added)).status).toBe(200);
    expect(await webhooksOf(ConversationSid)).toEqual([host.url + host.paths.messageAdded]);
    await vi.waitFor(async () => expect(await bodiesIn(ConversationSid)).toEqual([WELCOME]), 4000);
  });

  it('answer a message once, however often and however soon they are told of it', async () => {
    host = await start();
    const ConversationSid = await newConversation();
    const added = delivery(host.paths.messageAdded, messageFields(ConversationSid, 'Do you ship to Ghent?'));
    const answers = await Promise.all([deliver(added), deliver(added)]);
    answers.push(await deliver(added));
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    const next = delivery(host.paths.messageAdded, messageFields(ConversationSid, 'And to Bruges?'));
    await deliver(next);
    // Messages of a conversation take turns: once this is answered, nothing before it is still to come.
    const expected = ['You said: Do you ship to Ghent?', 'You said: And to Bruges?'];
    await vi.waitFor(async () => expect(await bodiesIn(ConversationSid)).toContain(expected[1]), 4000);
    expect(await bodiesIn(ConversationSid)).toEqual(expected);
  });

  it('refuse what nobody signed, and act on nothing of it', async () => {
    host = await start();
    const ConversationSid = await newConversation();
    const { headers: _unsigned, ...added } = delivery(host.paths.conversationAdded, {
      EventType: 'onConversationAdded',
      ConversationSid,
    });
    const response = await deliver({ ...added, headers: { 'x-twilio-signature': '' } });
    expect(response.status).toBe(403);
    expect(await errorCode(response)).toBe('signature_invalid');
    expect(await webhooksOf(ConversationSid)).toEqual([]);
  });

  it('refuse what was changed on its way, or signed for another address', async () => {
    host = await start();
    const fields = { EventType: 'onConversationAdded', ConversationSid: await newConversation() };
    const changed = delivery(host.paths.conversationAdded, fields);
    changed.body.set('ConversationSid', `CH${'0'.repeat(32)}`);
    const elsewhere = delivery(host.paths.conversationAdded, fields, host.url + host.paths.messageAdded);
    for (const wrong of [changed, elsewhere]) {
      const response = await deliver(wrong);
      expect(response.status).toBe(403);
      expect(await errorCode(response)).toBe('signature_invalid');
    }
  });

  it('are delivered with POST alone', async () => {
    host = await start();
    const response = await fetch(host.url + host.paths.messageAdded);
    expect(response.status).toBe(405);
    expect(await errorCode(response)).toBe('method_not_allowed');
  });

  it('say which fields are not what Twilio sends', async () => {
    host = await start();
    const response = await deliver(
      delivery(host.paths.conversationAdded, { EventType: 'onConversationAdded', ConversationSid: 'CH1' }),
    );
    expect(response.status).toBe(400);
    expect(await errorCode(response)).toBe('bad_request');
  });

  it('let the bot greet and answer a visitor of the official SDK', async () => {
    host = await start();
    await host.service.configuration.webhooks().update({
      postWebhookUrl: host.url + host.paths.conversationAdded,
      filters: ['onConversationAdded'],
      method: 'POST',
    });
    const visitor = await newVisitor();
    const answer = await call(`${host.url}/chat-widget`, shows(visitor));
    const { token, realtimeUrl } = (await answer.json()) as { token: string; realtimeUrl: string };
    const client = new Client(token, { Twilsock: { uri: realtimeUrl } });
    try {
      await new Promise<void>((resolve, reject) => {
        client.once('initialized', () => resolve());
        client.once('initFailed', ({ error }) => reject(new Error(error?.message)));
      });
      const conversation = await client.createConversation({});
      await conversation.join();
      await vi.waitFor(async () => expect(await bodiesIn(conversation.sid)).toEqual([WELCOME]), 4000);
      await conversation.sendMessage('Do you ship to Ghent?');
      await vi.waitFor(
        async () =>
          expect(await bodiesIn(conversation.sid)).toEqual([
            WELCOME,
            'Do you ship to Ghent?',
            'You said: Do you ship to Ghent?',
          ]),
        4000,
      );
    } finally {
      await client.shutdown();
    }
  });
});
