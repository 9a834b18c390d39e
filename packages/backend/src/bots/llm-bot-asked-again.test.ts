import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBackend } from '../backend.js';
import { silentLog } from '../log.js';
import { MESSAGE_ADDED, messageFields, VISITOR } from '../testing/deliveries.js';
import { begin, end, type FakeLlm, fails, piece, says, startFakeLlm } from '../testing/fake-llm.js';
import { gate } from '../testing/gate.js';
import { type Stack, startStack } from '../testing/stack.js';
import type { Bot } from './bot.js';
import { createLlmBot } from './llm-bot.js';

const SORRY = 'I am asking a colleague to take over. Please stay here.';
const WORDS = 'We roast on Monday and on Thursday, and what you order until noon leaves on the same day. ';

let llm: FakeLlm;
let stack: Stack;
let bot: Bot;
let logged: Record<string, unknown>[];

beforeEach(async () => {
  llm = await startFakeLlm();
  logged = [];
  const keep = (fields: object) => void logged.push(fields as Record<string, unknown>);
  bot = await createLlmBot({
    baseUrl: llm.baseUrl,
    apiKey: 'llm-key-of-the-test',
    model: 'small',
    prompt: 'You are the assistant of a coffee shop.',
    log: { info: keep, warn: keep, error: keep },
  });
  stack = await startStack(bot);
});
afterEach(async () => {
  await stack.close();
  await llm.close();
});

/** A question in a conversation with the bot's webhook, and what delivers it to handlers that remember nothing else. */
async function ask(body = 'when do you roast?') {
  const sid = await stack.newConversation();
  const there = stack.service.conversations(sid);
  const { config } = stack.host;
  const backend = createBackend({ config, bot, log: silentLog });
  await there.webhooks.create({
    target: 'webhook',
    'configuration.url': config.publicBaseUrl + MESSAGE_ADDED,
    'configuration.filters': ['onMessageAdded'],
  });
  const say = async (text: string, author = VISITOR) => {
    const { sid: MessageSid, index } = await there.messages.create({ author, body: text });
    return { ...messageFields(sid, text), MessageSid, Index: String(index), Author: author };
  };
  const question = await say(body);
  const deliver = async (fields = question) => {
    await (await backend.messageAdded(stack.signedCall(MESSAGE_ADDED, fields))).after?.();
  };
  const inReplyTo = question.MessageSid;
  return {
    there,
    say,
    deliver,
    /** What a server had written when it died. */
    wrote: (text: string, part: number, marks: object = {}) =>
      there.messages.create({
        author: 'assistant',
        body: text,
        attributes: JSON.stringify({ inReplyTo, part, ...marks }),
      }),
    markedAsHandedOver: () =>
      there.update({
        attributes: JSON.stringify({
          handover: { reason: 'a', by: 'assistant', at: '2026-11-22T00:00:00.000Z', inReplyTo },
        }),
      }),
    answers: async () =>
      (await there.messages.list())
        .filter(({ author }) => author === 'assistant')
        .map(({ body: text }) => text),
    handover: async () => JSON.parse((await there.fetch()).attributes).handover?.reason,
    webhooks: async () => (await there.webhooks.list()).length,
  };
}

test('an answer that stands there whole is not asked for again', async () => {
  const { wrote, deliver, answers, handover } = await ask();
  await wrote('On Monday.', 0);
  llm.answer(fails(500));
  await deliver();
  expect(await answers()).toEqual(['On Monday.']);
  expect(await handover()).toBeUndefined();
  expect(llm.requests).toEqual([]);
});

test('an answer that was left in the middle of its stream is shown once, and whole', async () => {
  const { wrote, deliver, answers, there } = await ask();
  await wrote('We roast on', 0, { growing: true });
  llm.answer(says(WORDS));
  await deliver();
  expect(await answers()).toEqual([WORDS.trim()]);
  const [, answer] = await there.messages.list();
  expect(JSON.parse(answer?.attributes ?? '')).toMatchObject({ growing: false });
});

test('an answer whose model is gone after the crash becomes the sentence that people come', async () => {
  const { wrote, deliver, answers, handover } = await ask();
  await wrote('We roast on', 0, { growing: true });
  llm.answer(fails(500));
  await deliver();
  expect(await answers()).toEqual([SORRY]);
  expect(await handover()).toBe('The language model did not answer.');
});

test.each([
  ['nothing was said', []],
  ['the answer grew', [['It takes', { growing: true }]]],
  ['the answer was whole', [['It takes three…', {}]]],
  [
    'all was said',
    [
      ['It takes three…', {}],
      [SORRY, {}],
    ],
  ],
  ['all was said in one sentence', [[SORRY, {}]]],
] as [string, [string, object][]][])(
  'a handing over that was cut off when %s is carried out, with its sentence, and no model is asked',
  async (_when, said) => {
    const { wrote, deliver, answers, markedAsHandedOver, webhooks } = await ask();
    await markedAsHandedOver();
    for (const [part, [text, marks]] of said.entries()) await wrote(text, part, marks);
    await deliver();
    const whole = said.filter(([, marks]) => !('growing' in marks)).map(([text]) => text);
    expect(await answers()).toEqual([...whole.filter((text) => text !== SORRY), SORRY]);
    expect(await webhooks()).toBe(0);
    expect(llm.requests).toEqual([]);
  },
);

test('a delivery that comes again while the answer streams changes nothing', async () => {
  const { deliver, answers } = await ask();
  const goOn = gate();
  llm.answer(async (response) => {
    begin(response);
    piece(response, { content: WORDS.repeat(2) });
    await goOn.opened;
    end(response);
  });
  const both = [deliver(), deliver()];
  await vi.waitFor(async () => expect(await answers()).toHaveLength(1));
  goOn.open();
  await Promise.all(both);
  expect(await answers()).toEqual([WORDS.repeat(2).trim()]);
  expect(llm.requests).toHaveLength(1);
});

test('what a visitor writes while the answer streams is answered after it, and the model is told of both', async () => {
  const { deliver, say, answers } = await ask('first question');
  const goOn = gate();
  llm.answer(async (response) => {
    begin(response);
    piece(response, { content: WORDS.repeat(2) });
    await goOn.opened;
    end(response);
  }, says('And on Saturday.'));
  const first = deliver();
  await vi.waitFor(() => expect(llm.requests).toHaveLength(1));
  const second = deliver(await say('second question'));
  await vi.waitFor(async () => expect(await answers()).toHaveLength(1));
  goOn.open();
  await Promise.all([first, second]);
  expect(await answers()).toEqual([WORDS.repeat(2).trim(), 'And on Saturday.']);
  expect(llm.requests[1]?.body.messages.slice(1).map(({ content }) => content)).toEqual([
    '<visitor>\nfirst question\n</visitor>',
    WORDS.repeat(2).trim(),
    '<visitor>\nsecond question\n</visitor>',
  ]);
});

test('a colleague who speaks while the answer streams ends it: nothing is written afterwards, or called a failure', async () => {
  const { deliver, say, answers, handover } = await ask();
  const hungUp = gate();
  llm.answer((response) => {
    response.on('close', hungUp.open);
    begin(response);
    piece(response, { content: WORDS.repeat(2) });
  });
  const answering = deliver();
  await vi.waitFor(async () => expect(await answers()).toHaveLength(1));
  await deliver(await say('Anna here.', 'anna.berg'));
  expect(await handover()).toBe('agent_joined');
  const whenMarked = await answers();
  await Promise.all([answering, hungUp.opened]);
  await stack.host.close();
  expect(await answers()).toEqual(whenMarked);
  expect(WORDS.repeat(2).startsWith(whenMarked[0] ?? '?')).toBe(true);
  expect(logged).toEqual([]);
});
