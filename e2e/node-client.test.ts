import { Client, type Conversation, type Message } from '@twilio/conversations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Stack, startStack } from './support/stack.js';
import { newIdentity, requestToken } from './support/visitor-identity.js';

// The same journey as in the browser, from Node, with the official SDK and the official helper and nothing of ours
// in between: what works here works for everybody's own code.

let stack: Stack;
const clients: Client[] = [];

beforeEach(async () => {
  stack = await startStack();
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.shutdown();
  await stack.close();
});

async function signIn(visitor = newIdentity()): Promise<Client> {
  const { status, body } = await requestToken(stack.url, visitor.identity, { proof: visitor.proof });
  expect(status).toBe(200);
  const client = new Client(String(body.token), { Twilsock: { uri: String(body.realtimeUrl) } });
  clients.push(client);
  await new Promise<void>((resolve, reject) => {
    client.once('initialized', resolve);
    client.once('initFailed', ({ error }) => reject(new Error(error?.message ?? 'initFailed')));
  });
  return client;
}

function nextMessage(conversation: Conversation, wanted: (message: Message) => boolean): Promise<Message> {
  return new Promise((resolve) => {
    conversation.on('messageAdded', function hear(message: Message) {
      if (!wanted(message)) return;
      conversation.off('messageAdded', hear);
      resolve(message);
    });
  });
}

describe('the official SDK and helper, through token service, emulator and webhooks', () => {
  it('signs in, makes a conversation, and gets the bot’s answer', async () => {
    const client = await signIn();
    const conversation = await client.createConversation({ attributes: {} });
    await conversation.join();
    await conversation.getMessages();
    const answer = nextMessage(
      conversation,
      ({ author, body }) => author === 'shop-bot' && /open/i.test(body ?? ''),
    );

    await conversation.sendMessage('What are your opening hours?');

    expect((await answer).author).toBe('shop-bot');
    const stored = await stack.rest.conversations(conversation.sid).messages.list({ order: 'asc' });
    expect(stored.filter(({ author }) => author === client.user.identity).map(({ body }) => body)).toEqual([
      'What are your opening hours?',
    ]);
  });

  it('finds the same conversation again on a second sign-in with the same proof', async () => {
    const visitor = newIdentity();
    const first = await signIn(visitor);
    const made = await first.createConversation({});
    await made.join();
    await made.sendMessage('remember me');

    const second = await signIn(visitor);
    const found = await second.getConversationBySid(made.sid);
    const { items } = await found.getMessages();

    expect(items.map(({ body }) => body)).toContain('remember me');
  });

  it('shows nothing to a visitor who knows only the SID', async () => {
    const owner = await signIn();
    const made = await owner.createConversation({});
    await made.join();
    await made.sendMessage('private');

    const stranger = await signIn();
    await expect(stranger.getConversationBySid(made.sid)).rejects.toMatchObject({
      status: 403,
      body: { code: 50430 },
    });
    await expect(stranger.peekConversationBySid(made.sid)).rejects.toMatchObject({
      status: 403,
      body: { code: 50430 },
    });
  });
});

describe('the token service', () => {
  it('gives nobody a token for somebody else', async () => {
    const mine = newIdentity();
    const theirs = newIdentity();

    const without = await requestToken(stack.url, theirs.identity, {});
    expect([without.status, without.body.error?.code]).toEqual([401, 'proof_required']);

    const wrong = await requestToken(stack.url, theirs.identity, { proof: mine.proof });
    expect([wrong.status, wrong.body.error?.code]).toEqual([403, 'proof_invalid']);

    const agent = await requestToken(stack.url, 'agent-anna', { proof: mine.proof });
    expect([agent.status, agent.body.error?.code]).toEqual([403, 'identity_reserved']);

    const elsewhere = await requestToken(
      stack.url,
      mine.identity,
      { proof: mine.proof },
      { origin: 'https://evil.test' },
    );
    expect([elsewhere.status, elsewhere.body.error?.code]).toEqual([403, 'origin_not_allowed']);

    for (const { body } of [without, wrong, agent, elsewhere]) expect(body).not.toHaveProperty('token');
  });
});
