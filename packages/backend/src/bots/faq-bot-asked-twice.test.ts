import { afterEach, expect, test } from 'vitest';
import { createBackend } from '../backend.js';
import { silentLog } from '../log.js';
import { MESSAGE_ADDED, messageFields, VISITOR } from '../testing/deliveries.js';
import { type Stack, startStack } from '../testing/stack.js';
import { createFaqBot } from './faq-bot.js';
import { readFaq } from './faq-file.js';

let stack: Stack;
afterEach(() => stack.close());

test('misses count one after the other, though the second message was written before the first was answered', async () => {
  const reading = await readFaq(
    'fallback: {say: Pardon?, handOverAfter: 2, handOverSay: A colleague comes.}\nrules: [{when: hi, say: Hello}]',
    'faq.yaml',
  );
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  const bot = createFaqBot(reading.faq);
  stack = await startStack(bot);
  const sid = await stack.newConversation();
  const there = stack.service.conversations(sid);
  const backend = createBackend({ config: stack.host.config, bot, log: silentLog });
  const questions = [];
  for (const body of ['xyzzy', 'plugh']) {
    const { sid: MessageSid, index } = await there.messages.create({ author: VISITOR, body });
    questions.push({ ...messageFields(sid, body), MessageSid, Index: String(index) });
  }
  for (const question of questions) {
    await (await backend.messageAdded(stack.signedCall(MESSAGE_ADDED, question))).after?.();
  }
  expect(await stack.bodiesIn(sid)).toEqual(['xyzzy', 'plugh', 'Pardon?', 'A colleague comes.']);
  expect(JSON.parse((await there.fetch()).attributes).handover?.reason).toBe('The bot did not understand.');
});
