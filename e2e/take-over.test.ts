import { afterEach, expect, it } from 'vitest';
import { signInAgent } from './support/agent.js';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits();
let signOut = async (): Promise<void> => {};
afterEach(() => signOut());

it('leaves the visitor to the colleague who writes, and the conversation says why the bot is silent', async () => {
  const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
  await chat.openAndConnect();
  await chat
    .message(/welcome/i)
    .first()
    .waitFor();
  const { conversation_sid: sid = '', uuid } = (await chat.stored()) ?? {};
  const conversation = visits.stack.rest.conversations(sid);
  const written = async (): Promise<string[]> => (await conversation.messages.list()).map(({ body }) => body);
  await chat.send('Do you ship to Norway?');
  await chat.message('We ship within two working days.').waitFor();
  const before = await written();

  await conversation.participants.create({ identity: 'anna.berg' });
  const agent = await signInAgent(visits.stack, 'anna.berg');
  signOut = () => agent.shutdown();
  const theirs = await agent.getConversationBySid(sid);
  await theirs.sendMessage('Anna here, I am taking over.');
  await chat.message('Anna here, I am taking over.').waitFor();
  await expect.poll(async () => (await conversation.webhooks.list()).length).toBe(0);
  expect(JSON.parse((await conversation.fetch()).attributes).handover).toEqual({
    reason: 'agent_joined',
    by: 'anna.berg',
    at: expect.stringMatching(/Z$/),
  });

  await chat.send('Do you ship to Norway?');
  await expect.poll(async () => (await conversation.messages.list()).at(-1)?.author).toBe(uuid);
  await theirs.sendMessage('We do.');
  await chat.message('We do.').waitFor();
  const after = ['Anna here, I am taking over.', 'Do you ship to Norway?', 'We do.'];
  expect(await written()).toEqual([...before, ...after]);
});
