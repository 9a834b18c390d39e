import type { Client, Conversation, Message, Participant } from '@twilio/conversations';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { signInAgent } from './support/agent.js';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits();
let agent: Client | undefined;
let chat: Chat;
let theirs: Conversation;

beforeEach(async () => {
  chat = new Chat(await visits.visitor.newPage(visits.stack.url));
  await chat.openAndConnect();
  const sid = (await chat.stored())?.conversation_sid ?? '';
  // As somebody who takes over does: the bot's webhook goes, or it would answer the agent too.
  const webhooks = visits.stack.rest.conversations(sid).webhooks;
  await expect.poll(async () => (await webhooks.list()).length).toBe(1);
  for (const webhook of await webhooks.list())
    await visits.stack.rest.conversations(sid).webhooks(webhook.sid).remove();
  await chat
    .message(/welcome/i)
    .first()
    .waitFor();
  await visits.stack.rest.conversations(sid).participants.create({ identity: 'anna.berg' });
  agent = await signInAgent(visits.stack, 'anna.berg');
  theirs = await agent.getConversationBySid(sid);
  await theirs.getMessages();
});

afterEach(async () => {
  await agent?.shutdown();
});

it('shows that a person is typing, and then what was written, under that person’s name', async () => {
  await theirs.typing();
  await chat.notice('Anna Berg is typing').waitFor();
  await theirs.sendMessage('Hello, Anna here.');
  await chat.message('Hello, Anna here.').waitFor();
  await chat.notice('Anna Berg is typing').waitFor({ state: 'hidden' });
  await chat.log.getByText('Anna Berg', { exact: true }).first().waitFor();
});

it('tells the other side that the visitor is typing, and what has been read', async () => {
  const visitorIdentity = (await chat.stored())?.uuid;
  const typing = new Promise<string | null>((resolve) => {
    theirs.once('typingStarted', ({ identity }: Participant) => resolve(identity));
  });
  await chat.composer.pressSequentially('I am wri');
  expect(await typing).toBe(visitorIdentity);

  const index = await theirs.sendMessage('Take your time.');
  await chat.message('Take your time.').waitFor();
  const readUpTo = async (): Promise<number | null | undefined> => {
    const all = await theirs.getParticipants();
    return all.find(({ identity }) => identity === visitorIdentity)?.lastReadMessageIndex;
  };
  await expect.poll(readUpTo, { timeout: 10_000 }).toBe(index);
});

it('shows edits, and takes away what was removed', async () => {
  const edited = (await theirs.sendMessage('We open at 9.')) ?? 0;
  const removed = (await theirs.sendMessage('Oops, wrong chat.')) ?? 0;
  await chat.message('Oops, wrong chat.').waitFor();
  const at = async (index: number): Promise<Message | undefined> =>
    (await theirs.getMessages(1, index)).items[0];
  await (await at(edited))?.updateBody('We open at 8.');
  await chat.message('We open at 8.').waitFor();
  await chat.log.getByText('Edited').first().waitFor();
  await (await at(removed))?.remove();
  await chat.message('Oops, wrong chat.').waitFor({ state: 'detached' });
  expect(await chat.message('We open at 9.').count()).toBe(0);
});

it('shows messages that came while the chat was closed, and counts them on the launcher', async () => {
  await chat.frame.getByRole('button', { name: 'Close chat' }).click();
  await chat.composer.waitFor({ state: 'hidden' });
  await theirs.sendMessage('Are you still there?');
  await theirs.sendMessage('I can wait.');
  await chat.page.getByRole('button', { name: 'Open chat, 2 unread' }).click();
  await chat.message('I can wait.').waitFor();
  await chat.page.getByRole('button', { name: /^close chat$/i }).waitFor();
});
