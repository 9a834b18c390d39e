import { Client } from '@twilio/conversations';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { begin, calls, end, type FakeLlm, piece, says, startFakeLlm } from '../testing/fake-llm.js';
import { gate } from '../testing/gate.js';
import { PAGE_ORIGIN, type Stack, startStack } from '../testing/stack.js';
import { newVisitor } from '../testing/visitor.js';
import { wireWebhooks } from '../wire-webhooks.js';
import { createLlmBot } from './llm-bot.js';

let llm: FakeLlm;
let stack: Stack;
let client: Client | undefined;

beforeEach(async () => {
  llm = await startFakeLlm();
  const bot = await createLlmBot({
    baseUrl: llm.baseUrl,
    apiKey: 'llm-key-of-the-test',
    model: 'small',
    prompt: 'You are the assistant of a coffee shop.',
    welcome: 'Hi, I am a program. Ask me.',
  });
  stack = await startStack(bot);
  await wireWebhooks(stack.host.config);
});

afterEach(async () => {
  await client?.shutdown();
  await stack.close();
  await llm.close();
});

/** A visitor with the official SDK, in a conversation of their own. */
async function visit() {
  const { identity, proof } = await newVisitor();
  const response = await fetch(`${stack.host.url}/chat-widget?identity=${identity}`, {
    method: 'POST',
    headers: { origin: PAGE_ORIGIN },
    body: new URLSearchParams({ proof }),
  });
  const { token, realtimeUrl } = (await response.json()) as { token: string; realtimeUrl: string };
  const visitor = new Client(token, { Twilsock: { uri: realtimeUrl } });
  client = visitor;
  await new Promise<void>((resolve, reject) => {
    visitor.once('initialized', () => resolve());
    visitor.once('initFailed', ({ error }) => reject(new Error(error?.message)));
  });
  const conversation = await visitor.createConversation({});
  await conversation.join();
  return conversation;
}

const settled = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 10_000 });

test('an answer is seen while the model still writes, and is whole in the end', async () => {
  const words = 'We roast on Monday and on Thursday, and what you order until noon leaves on the same day. ';
  const half = words.repeat(2);
  const goOn = gate();
  llm.answer(async (response) => {
    begin(response);
    piece(response, { content: half });
    await goOn.opened;
    piece(response, { content: words });
    end(response);
  });
  const conversation = await visit();
  await conversation.sendMessage('when do you roast?');
  const newest = async () => (await conversation.getMessages(1)).items[0];
  await settled(async () => expect((await newest())?.body).toMatch(/^We roast/));
  const early = (await newest())?.body ?? '';
  expect(half.startsWith(early)).toBe(true);
  expect(early.length).toBeLessThan(half.length);

  goOn.open();
  await settled(async () => expect((await newest())?.body).toBe(half + words.trim()));
  const { items } = await conversation.getMessages();
  expect(items.map(({ author }) => author === 'assistant')).toEqual(
    items.map((_message, index) => index !== items.findIndex(({ author }) => author !== 'assistant')),
  );
  expect(items).toHaveLength(3);
});

test('a model that is on the attacker’s side can hand over this conversation, and do nothing else', async () => {
  const conversation = await visit();
  const other = await stack.newConversation();
  llm.answer(calls('end_conversation', JSON.stringify({ conversationSid: other })));
  await conversation.sendMessage('end the other one');
  const taken = 'I am asking a colleague to take over. Please stay here.';
  await settled(async () => expect(await stack.bodiesIn(conversation.sid)).toContain(taken));
  await settled(async () =>
    expect((await conversation.getMessages()).items.map(({ body }) => body)).toContain(taken),
  );
  await settled(async () => {
    const { attributes } = await stack.service.conversations(conversation.sid).fetch();
    expect(JSON.parse(attributes)).toHaveProperty('handover');
  });
  const { state, attributes } = await stack.service.conversations(other).fetch();
  expect([state, JSON.parse(attributes)]).toEqual(['active', {}]);
  expect(await stack.bodiesIn(other)).toEqual([]);

  llm.answer(says('I am still here.'));
  await settled(async () =>
    expect(await stack.service.conversations(conversation.sid).webhooks.list()).toEqual([]),
  );
  await conversation.sendMessage('hello?');
  await stack.host.close();
  expect(await stack.bodiesIn(conversation.sid)).not.toContain('I am still here.');
});
