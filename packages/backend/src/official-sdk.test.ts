import { Client } from '@twilio/conversations';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { shopBot } from './bots/shop-bot.js';
import { setUpRoles } from './roles.js';
import { parrot } from './testing/parrot.js';
import { PAGE_ORIGIN, type Stack, startStack } from './testing/stack.js';
import { newVisitor } from './testing/visitor.js';
import { wireWebhooks } from './wire-webhooks.js';

let stack: Stack;
afterEach(() => stack.close());

describe('a visitor with the official SDK', () => {
  const clients: Client[] = [];
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.shutdown()));
  });

  async function openClient() {
    const { identity, proof } = await newVisitor();
    const response = await fetch(`${stack.host.url}/chat-widget?identity=${identity}`, {
      method: 'POST',
      headers: { origin: PAGE_ORIGIN },
      body: new URLSearchParams({ proof }),
    });
    const { token, realtimeUrl, ...rest } = (await response.json()) as {
      token: string;
      realtimeUrl: string;
      conversation_sid?: string;
    };
    const client = new Client(token, { Twilsock: { uri: realtimeUrl } });
    clients.push(client);
    await new Promise<void>((resolve, reject) => {
      client.once('initialized', () => resolve());
      client.once('initFailed', ({ error }) => reject(new Error(error?.message)));
    });
    return { identity, client, conversationSid: rest.conversation_sid };
  }

  async function signIn() {
    const { identity, client } = await openClient();
    const conversation = await client.createConversation({});
    await conversation.join();
    return { identity, conversation };
  }

  test('is signed in, greeted and answered', async () => {
    stack = await startStack(shopBot);
    await wireWebhooks(stack.host.config);
    const { identity, conversation } = await signIn();
    await conversation.sendMessage('where is order 1042?');
    await vi.waitFor(async () => expect(await stack.bodiesIn(conversation.sid)).toHaveLength(3), 4000);
    const { items } = await conversation.getMessages();
    const texts = items.map(({ author, body }) => `${author === identity ? 'visitor' : author}: ${body}`);
    expect(texts).toContain('visitor: where is order 1042?');
    expect(texts).toContainEqual(expect.stringMatching(/^shop-bot: Hi, welcome/));
    expect(texts).toContainEqual(expect.stringMatching(/^shop-bot: Order 1042 .+ on its way/));
  });

  test('chats in the conversation that the service made, and can make none, in hardened mode', async () => {
    stack = await startStack(shopBot, {}, { mode: 'hardened' });
    await wireWebhooks(stack.host.config);
    await setUpRoles(stack.host.config);
    const { identity, client, conversationSid = '' } = await openClient();
    await expect(client.createConversation({})).rejects.toMatchObject({ status: 403, body: { code: 50107 } });
    const conversation = await client.getConversationBySid(conversationSid);
    expect(conversation.status).toBe('joined');
    await conversation.sendMessage('where is order 1042?');
    await vi.waitFor(async () => expect(await stack.bodiesIn(conversationSid)).toHaveLength(3), 4000);
    const authors = (await conversation.getMessages()).items.map(({ author }) => author);
    expect(authors.sort()).toEqual([identity, 'shop-bot', 'shop-bot'].sort());
    expect(await stack.service.conversations.list()).toHaveLength(1);
  });

  test('is answered even if the first message was there before the bot', async () => {
    stack = await startStack(parrot());
    const { conversation } = await signIn();
    await conversation.sendMessage('anybody here?');
    await stack.added(conversation.sid);
    await vi.waitFor(
      async () => expect(await stack.bodiesIn(conversation.sid)).toEqual(['anybody here?', 'anybody here?!']),
      4000,
    );
  });
});
