import { afterEach, describe, expect, test } from 'vitest';
import { type BackendOptions, createBackend } from '../backend.js';
import type { Bot, BotContext } from '../bots/bot.js';
import type { Log } from '../log.js';
import { CONVERSATION_ADDED, MESSAGE_ADDED, messageFields, VISITOR } from '../testing/deliveries.js';
import { gate } from '../testing/gate.js';
import { parrot } from '../testing/parrot.js';
import { type Stack, startStack } from '../testing/stack.js';

let stack: Stack;
afterEach(() => stack.close());

/** A conversation with the bot on it, and handlers that remember nothing of other ones. */
async function setUp(bot: Bot, options: Partial<BackendOptions> = {}) {
  stack = await startStack(parrot());
  const sid = await stack.newConversation();
  const there = stack.service.conversations(sid);
  const lines: Record<string, unknown>[] = [];
  const keep = (fields: object): void => void lines.push(fields as Record<string, unknown>);
  // What went well has a line of its own; what is looked at here is what did not.
  const keepUnusual = (fields: object): void => {
    if (!('outcome' in fields && fields.outcome === 'answered')) keep(fields);
  };
  const log: Log = { info: keepUnusual, warn: keep, error: keep };
  const start = () => createBackend({ config: stack.host.config, bot, log, ...options });
  const backend = start();
  const added = (by = backend) =>
    run(
      by.conversationAdded(
        stack.signedCall(CONVERSATION_ADDED, { EventType: 'onConversationAdded', ConversationSid: sid }),
      ),
    );
  async function run(handling: ReturnType<typeof backend.messageAdded>) {
    const reply = await handling;
    await reply.after?.();
    return reply;
  }
  /** A message that is in the conversation, and its delivery. */
  async function message(body: string, fields: Record<string, string> = {}) {
    const { sid: MessageSid, index } = await there.messages.create({
      author: fields.Author ?? VISITOR,
      body,
    });
    return { ...messageFields(sid, body), MessageSid, Index: String(index), ...fields };
  }
  const deliver = (fields: Record<string, string>, by = backend) =>
    run(by.messageAdded(stack.signedCall(MESSAGE_ADDED, fields)));
  const says = async (body: string, fields?: Record<string, string>) => deliver(await message(body, fields));
  const attributes = async () => JSON.parse((await there.fetch()).attributes);
  const outcomes = () => lines.map(({ event, outcome }) => `${event}: ${outcome}`);
  return { sid, there, start, added, message, deliver, says, attributes, lines, outcomes };
}

describe('a colleague who writes', () => {
  test('takes the conversation over: it is marked, the webhook goes, and the bot is silent from then on', async () => {
    const bot = parrot();
    const { sid, there, added, says, attributes } = await setUp(bot);
    await added();
    await says('hello');
    await says('Anna here.', { Author: 'anna.berg' });
    expect(await there.webhooks.list()).toEqual([]);
    expect(await attributes()).toEqual({
      handover: { reason: 'agent_joined', by: 'anna.berg', at: expect.stringMatching(/Z$/) },
    });
    // Deliveries that were on their way already.
    await says('hello Anna');
    expect((await added()).body).toEqual({ attached: false });
    expect(bot.asked.map(({ body }) => body)).toEqual(['hello']);
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'hello!', 'Anna here.', 'hello Anna']);
  });

  test('silences a bot that is still thinking', async () => {
    const thinking = gate();
    const asked = gate();
    const { sid, deliver, message, outcomes } = await setUp(
      parrot({
        async onMessageAdded() {
          asked.open();
          await thinking.opened;
          return 'too late';
        },
      }),
    );
    const answering = deliver(await message('hello'));
    await asked.opened;
    const takingOver = deliver(await message('I am here.', { Author: 'anna.berg' }));
    await Promise.all([answering, takingOver]);
    thinking.open();
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'I am here.']);
    expect(outcomes()).toEqual(['bot_silenced: taken_over', 'handover: agent_joined']);
  });

  test('silences what waits for its turn behind the message that the bot is at', async () => {
    const thinking = gate();
    const asked = gate();
    const { sid, deliver, message } = await setUp(
      parrot({
        async onMessageAdded({ body }) {
          asked.open();
          if (body === 'one') await thinking.opened;
          return `${body}!`;
        },
      }),
    );
    const one = deliver(await message('one'));
    await asked.opened;
    const two = deliver(await message('two'));
    const takingOver = deliver(await message('I am here.', { Author: 'anna.berg' }));
    await Promise.all([one, two, takingOver]);
    thinking.open();
    expect(await stack.bodiesIn(sid)).toEqual(['one', 'two', 'I am here.']);
  });

  test('to another server silences the bot that thinks for longer than a second', async () => {
    const thinking = gate();
    const asked = gate();
    let later = 0;
    const { sid, deliver, message, start, outcomes, attributes } = await setUp(
      parrot({
        async onMessageAdded() {
          asked.open();
          await thinking.opened;
          return 'too late';
        },
      }),
      { now: () => Date.now() + later },
    );
    const answering = deliver(await message('hello'));
    await asked.opened;
    await deliver(await message('I am here.', { Author: 'anna.berg' }), start());
    later = 1000;
    thinking.open();
    await answering;
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'I am here.']);
    expect((await attributes()).handover.reason).toBe('agent_joined');
    expect(outcomes()).toEqual(['handover: agent_joined', 'bot_silenced: taken_over']);
  });

  test('by another channel, or through the REST API, is no colleague', async () => {
    const bot = parrot();
    const { added, says, attributes } = await setUp(bot);
    await added();
    await says('hi', { Author: '+15550100', Source: 'SMS' });
    await says('archived', { Author: 'archive', Source: 'API' });
    expect(await attributes()).toEqual({});
    expect(bot.asked).toEqual([]);
  });
});

describe('a bot in plain JavaScript', () => {
  const given = (value: unknown) => value as never;
  test.each([
    [
      'a number',
      () => given(7),
      /The bot parrot replied with a number\. It expects a text, { body: 'text' }/,
    ],
    [
      'an object without a body',
      () => given({ text: 'x' }),
      /bot parrot replied with an object whose body is nothing/,
    ],
    ['a list with nothing in it', () => given(['one', undefined]), /bot parrot replied with nothing/],
    [
      'words for attributes',
      () => given({ body: 'x', attributes: 'y' }),
      /gave a reply a string for attributes/,
    ],
  ])(
    'that gives back %s is told what is expected, and nothing is said',
    async (_what, onMessageAdded, sentence) => {
      const { sid, says, lines } = await setUp(parrot({ onMessageAdded }));
      await says('hello');
      expect(await stack.bodiesIn(sid)).toEqual(['hello']);
      expect(lines).toEqual([
        expect.objectContaining({
          event: 'bot_answer',
          outcome: 'failed',
          message: expect.stringMatching(sentence),
        }),
      ]);
    },
  );

  test.each<[string, (context: BotContext) => unknown, RegExp]>([
    ['reply()', (context) => context.reply(given(undefined)), /parrot replied with nothing/],
    [
      'handOver()',
      (context) => context.handOver(given(undefined)),
      /parrot called handOver\(reason\) with nothing/,
    ],
    ['setAttributes()', (context) => context.setAttributes(given('x')), /gave setAttributes\(\) a string/],
    ['update()', (context) => context.growingReply().update(given(1)), /called update\(text\) with a number/],
    ['finish()', (context) => context.growingReply().finish(given(null)), /called finish\(text\) with null/],
  ])('that calls %s with something else is told what is expected', async (_name, act, sentence) => {
    const { says, lines } = await setUp(
      parrot({ onMessageAdded: async (_message, context) => given(await act(context)) }),
    );
    await says('hello');
    expect(lines.at(-1)).toMatchObject({ event: 'bot_answer', message: expect.stringMatching(sentence) });
  });
});

describe('a moment without Twilio', () => {
  /** Waits that take no time, and are kept. */
  const waits = () => {
    const waited: number[] = [];
    return { waited, wait: (ms: number) => Promise.resolve(waited.push(ms)) };
  };

  test('costs no part of an answer, and no part comes twice', async () => {
    const { waited, wait } = waits();
    const bot = parrot({ onMessageAdded: () => ['one', 'two', 'three'] });
    const { sid, message, deliver, outcomes } = await setUp(bot, { wait });
    const asked = await message('hello');
    stack.emulator.faults.answer({ status: 503, method: 'POST', path: '/Messages', nth: 2 });
    await deliver(asked);
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'one', 'two', 'three']);
    expect(waited).toEqual([1000]);
    expect(outcomes()).toEqual(['bot_answer: again']);
  });

  test('before the bot was asked costs nothing, nor does one that lasts for two tries', async () => {
    const { waited, wait } = waits();
    const bot = parrot();
    const { sid, message, deliver } = await setUp(bot, { wait });
    const asked = await message('hello');
    stack.emulator.faults.answer({ status: 500, method: 'GET', path: '/Messages', times: 2 });
    await deliver(asked);
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'hello!']);
    expect(bot.asked).toHaveLength(1);
    expect(waited).toEqual([1000, 3000]);
  });

  test('that lasts is given up after the third try, with one error in the log', async () => {
    const { waited, wait } = waits();
    const { sid, message, deliver, outcomes } = await setUp(parrot(), { wait });
    const asked = await message('hello');
    stack.emulator.faults.answer({ status: 503, method: 'POST', path: '/Messages', times: 9 });
    await deliver(asked);
    stack.emulator.faults.reset();
    expect(await stack.bodiesIn(sid)).toEqual(['hello']);
    expect(waited).toEqual([1000, 3000]);
    expect(outcomes()).toEqual(['bot_answer: again', 'bot_answer: again', 'bot_answer: failed']);
  });

  test('is not waited for where the time of the turn would be over', async () => {
    const { waited, wait } = waits();
    const { message, deliver, outcomes } = await setUp(parrot(), { wait, againWithinMs: 1000 });
    const asked = await message('hello');
    stack.emulator.faults.answer({ status: 503, method: 'POST', path: '/Messages' });
    await deliver(asked);
    expect(waited).toEqual([]);
    expect(outcomes()).toEqual(['bot_answer: failed']);
  });

  test('is told from what Twilio refuses, and from what the bot fails at', async () => {
    const { waited, wait } = waits();
    const bot = parrot({
      onMessageAdded() {
        throw Object.assign(new Error('my model is away'), { status: 503, code: 'ECONNRESET' });
      },
    });
    const { message, deliver, says } = await setUp(bot, { wait });
    await says('hello');
    const asked = await message('hello');
    stack.emulator.faults.answer({ status: 403, method: 'GET', path: '/Messages' });
    await deliver(asked);
    expect(waited).toEqual([]);
  });

  test('costs neither the webhook, nor the welcome, nor a colleague’s taking over', async () => {
    const { wait } = waits();
    const bot = parrot({ onConversationAdded: () => 'welcome' });
    const { sid, there, added, message, deliver, start, attributes } = await setUp(bot, { wait });
    stack.emulator.faults.answer({ status: 503, method: 'POST', path: '/Webhooks' });
    expect((await added()).body).toEqual({ attached: true });
    const [webhook] = await there.webhooks.list();
    expect(webhook?.target).toBe('webhook');
    const [first] = await there.messages.list();
    await there.messages(first?.sid ?? '').remove();
    stack.emulator.faults.answer({ status: 503, method: 'POST', path: '/Messages' });
    await added(start());
    expect(await stack.bodiesIn(sid)).toEqual(['welcome']);
    const spoken = await message('Anna here.', { Author: 'anna.berg' });
    stack.emulator.faults.answer({ status: 503, method: 'GET', path: '/Webhooks' });
    await deliver(spoken);
    expect(await there.webhooks.list()).toEqual([]);
    expect((await attributes()).handover.by).toBe('anna.berg');
  });

  test('ends at once when a colleague takes over', async () => {
    const waiting = gate();
    const wait = (_ms: number, signal?: AbortSignal) => {
      waiting.open();
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', reject));
    };
    const { sid, message, deliver } = await setUp(parrot(), { wait });
    const asked = await message('hello');
    stack.emulator.faults.answer({ status: 503, method: 'POST', path: '/Messages' });
    const answering = deliver(asked);
    await waiting.opened;
    await Promise.all([answering, deliver(await message('Anna here.', { Author: 'anna.berg' }))]);
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'Anna here.']);
  });
});

describe('a bot that hands over', () => {
  test('may finish its answer, is taken off, and finds its first reason kept when it does so again', async () => {
    const bot = parrot({
      async onMessageAdded(_message, context) {
        await context.handOver('asked for a person');
        await context.handOver('again');
        return 'A colleague comes.';
      },
    });
    const { sid, there, added, says, attributes, message, deliver, start } = await setUp(bot);
    await added();
    const asked = await message('a person, please');
    await deliver(asked);
    const { handover } = await attributes();
    expect(handover).toMatchObject({
      reason: 'asked for a person',
      by: 'parrot',
      inReplyTo: asked.MessageSid,
    });
    expect(await there.webhooks.list()).toEqual([]);
    await deliver(asked, start());
    await says('hello?');
    expect(await stack.bodiesIn(sid)).toEqual(['a person, please', 'A colleague comes.', 'hello?']);
  });

  test('leaves no Studio flow behind, and no mark is needed for its webhook to go', async () => {
    const { there, says } = await setUp(
      parrot({ onMessageAdded: (_message, context) => context.handOver('x').then(() => null) }),
    );
    await there.webhooks.create({ target: 'studio', 'configuration.flowSid': `FW${'7'.repeat(32)}` });
    await there.webhooks.create({ target: 'webhook', 'configuration.url': 'http://127.0.0.1:1/archive' });
    // No room for the mark.
    await there.update({ attributes: JSON.stringify({ full: 'x'.repeat(16 * 1024 - 20) }) });
    await says('hello');
    expect((await there.webhooks.list()).map(({ target }) => target)).toEqual(['webhook']);
  });
});

describe('a bot that hands over and is asked again after a crash', () => {
  test('finishes a welcome that was cut off', async () => {
    let crashes = 1;
    const bot = parrot({
      async onConversationAdded(context) {
        await context.handOver('closed on Sundays');
        crashes -= 1;
        if (crashes >= 0) throw new Error('no more power');
        return 'We are back on Monday.';
      },
    });
    const { sid, there, added, says, start } = await setUp(bot);
    await added();
    await added(start());
    await says('hello?');
    expect(await stack.bodiesIn(sid)).toEqual(['We are back on Monday.', 'hello?']);
    expect(await there.webhooks.list()).toEqual([]);
  });

  test('is silent where a colleague has spoken meanwhile', async () => {
    let asked = 0;
    const { sid, message, deliver, start } = await setUp(
      parrot({
        async onMessageAdded(_message, context) {
          asked += 1;
          if (asked > 1) return 'It is I again.';
          await context.handOver('asked for a person');
          return null;
        },
      }),
    );
    const question = await message('a person, please');
    await deliver(question);
    await message('Anna here.', { Author: 'anna.berg' });
    await deliver(question, start());
    expect(await stack.bodiesIn(sid)).toEqual(['a person, please', 'Anna here.']);
  });
});

describe('a bot that does not wait for what it does', () => {
  test('has it done before its turn is over', async () => {
    const { sid, there, says, attributes } = await setUp(
      parrot({
        onMessageAdded(_message, context) {
          const reply = context.growingReply();
          reply.update('A');
          void reply.finish('A colleague');
          void context.reply('comes.');
          void context.handOver('asked for a person');
          return 'Soon.';
        },
      }),
    );
    await says('a person, please');
    expect(await stack.bodiesIn(sid)).toEqual(['a person, please', 'A colleague', 'comes.', 'Soon.']);
    expect((await attributes()).handover.reason).toBe('asked for a person');
    expect(await there.webhooks.list()).toEqual([]);
  });

  test('says nothing after its turn, and the log says why', async () => {
    const thinking = gate();
    let late: Promise<void> | undefined;
    const { sid, says, lines } = await setUp(
      parrot({
        onMessageAdded(_message, context) {
          late = thinking.opened.then(() => context.reply('out of turn'));
          return 'in turn';
        },
      }),
    );
    await says('hello');
    thinking.open();
    await expect(late).rejects.toThrow('after its answer was over');
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'in turn']);
    expect(lines).toEqual([
      expect.objectContaining({
        event: 'bot_action',
        outcome: 'failed',
        message: expect.stringMatching(/The bot parrot acted after its answer was over.*wait/),
      }),
    ]);
  });

  test('and throws is in the log, and what it began is finished', async () => {
    const { sid, says, outcomes } = await setUp(
      parrot({
        onMessageAdded(_message, context) {
          void context.setAttributes({ begun: true });
          throw new Error('ill');
        },
      }),
    );
    await says('hello');
    expect(outcomes()).toEqual(['bot_answer: failed']);
    expect(await stack.bodiesIn(sid)).toEqual(['hello']);
  });

  test('leaves a line in the log for what failed', async () => {
    const { says, outcomes } = await setUp(
      parrot({
        onMessageAdded(_message, context) {
          void context.setAttributes({ long: 'x'.repeat(17_000) });
          return null;
        },
      }),
    );
    await says('hello');
    expect(outcomes()).toEqual(['bot_action: failed']);
  });
});

describe('a context', () => {
  test('keeps the marks of an answer to itself', async () => {
    const bot = parrot({
      onConversationAdded: () => 'welcome',
      onMessageAdded: () => [
        { body: 'one', attributes: { last: true, welcome: true, part: 7, growing: true, colour: 'red' } },
        'two',
      ],
    });
    const { sid, there, added, message, deliver, start } = await setUp(bot);
    const asked = await message('hello');
    await deliver(asked);
    await deliver(asked, start());
    await added();
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'one', 'two', 'welcome']);
    const [, one] = await there.messages.list();
    expect(JSON.parse(one?.attributes ?? '')).toEqual({
      colour: 'red',
      inReplyTo: asked.MessageSid,
      part: 0,
    });
  });

  test('sets attributes side by side, and refuses more than Twilio keeps with a sentence', async () => {
    let refusal: unknown;
    const { there, says, attributes } = await setUp(
      parrot({
        async onMessageAdded(_message, context) {
          await Promise.all([
            context.setAttributes({ a: 1 }),
            context.setAttributes({ b: 2, gone: null }),
            context.setAttributes({ c: 3 }),
          ]);
          refusal = await context.setAttributes({ long: 'é'.repeat(9000) }).catch((error: unknown) => error);
          return null;
        },
      }),
    );
    await there.update({ attributes: '{"kept":true,"gone":1}' });
    await says('hello');
    expect(await attributes()).toEqual({ kept: true, a: 1, b: 2, c: 3 });
    expect(refusal).toMatchObject({
      message: expect.stringMatching(/would take 180\d\d bytes; Twilio keeps 16384/),
    });
  });

  test('shows that the bot is at work until its next message, and until its turn is over', async () => {
    const seen: unknown[] = [];
    const { says, attributes } = await setUp(
      parrot({
        async onMessageAdded(_message, context) {
          await context.typing();
          seen.push((await attributes()).working);
          await context.reply('one');
          seen.push((await attributes()).working);
          await context.typing();
          return null;
        },
      }),
    );
    await says('hello');
    expect(seen).toEqual([{ by: 'parrot', until: expect.stringMatching(/Z$/) }, undefined]);
    expect(await attributes()).toEqual({});
  });

  test('does without showing so where the attributes are full, with one line in the log', async () => {
    const { sid, there, says, outcomes } = await setUp(
      parrot({
        async onMessageAdded(_message, context) {
          await context.typing();
          await context.typing();
          return 'here';
        },
      }),
    );
    await there.update({ attributes: JSON.stringify({ full: 'x'.repeat(16 * 1024 - 20) }) });
    await says('hello');
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'here']);
    expect(outcomes()).toEqual(['bot_typing: failed']);
  });

  test('grows a message in place, and marks it as whole in the end', async () => {
    const { there, says } = await setUp(
      parrot({
        async onMessageAdded(_message, context) {
          const reply = context.growingReply({ by: 'a model' });
          for (const text of ['', 'T', 'Th', 'The']) reply.update(text);
          await reply.finish('The answer.');
          return null;
        },
      }),
    );
    await says('hello');
    const [, reply, ...others] = await there.messages.list();
    expect(others).toEqual([]);
    expect(reply?.body).toBe('The answer.');
    expect(JSON.parse(reply?.attributes ?? '')).toEqual({
      by: 'a model',
      inReplyTo: expect.stringMatching(/^IM/),
      part: 0,
      growing: false,
    });
  });

  test('ends the conversation after what the bot gave back', async () => {
    const { sid, there, says } = await setUp(
      parrot({ onMessageAdded: (_message, context) => context.end().then(() => 'bye') }),
    );
    await says('stop');
    expect(await stack.bodiesIn(sid)).toEqual(['stop', 'bye']);
    expect((await there.fetch()).state).toBe('closed');
  });
});

describe('a bot that says too much', () => {
  test('gets five messages for an answer, and one line in the log', async () => {
    const { sid, says, outcomes } = await setUp(
      parrot({ onMessageAdded: () => ['1', '2', '3', '4', '5', '6', '7'] }),
    );
    await says('count');
    expect(await stack.bodiesIn(sid)).toEqual(['count', '1', '2', '3', '4', '5']);
    expect(outcomes()).toEqual(['bot_limit: messages_per_answer']);
  });

  test('gets ten messages a minute, and is asked again when the minute is over', async () => {
    const bot = parrot({
      onMessageAdded: ({ body }) => [`${body} a`, `${body} b`, `${body} c`, `${body} d`],
    });
    let later = 0;
    const { sid, says, outcomes } = await setUp(bot, { now: () => Date.now() + later });
    for (const body of ['1', '2', '3', '4']) await says(body);
    const all = await stack.bodiesIn(sid);
    expect(all.filter((body) => body.includes(' '))).toHaveLength(10);
    expect(outcomes()).toEqual(['bot_limit: messages_per_minute', 'bot_limit: messages_per_minute']);
    later = 61_000;
    await says('5');
    expect((await stack.bodiesIn(sid)).slice(-4)).toEqual(['5 a', '5 b', '5 c', '5 d']);
  });

  test('is not asked a sixth time in a row', async () => {
    const bot = parrot();
    const { message, deliver, outcomes } = await setUp(bot);
    const burst = [];
    for (const body of ['1', '2', '3', '4', '5', '6']) burst.push(await message(body));
    for (const each of burst) await deliver(each);
    expect(bot.asked.map(({ body }) => body)).toEqual(['1', '2', '3', '4', '5']);
    expect(outcomes()).toEqual(['bot_limit: consecutive_turns']);
  });

  test('loses what is empty or longer than 32 KB, and nothing else', async () => {
    const { sid, says, lines } = await setUp(
      parrot({ onMessageAdded: () => ['one', ' ', 'x'.repeat(32 * 1024 + 1), 'two'] }),
    );
    await says('hello');
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'one', 'two']);
    expect(lines.map(({ outcome, part }) => ({ outcome, part }))).toEqual([
      { outcome: 'empty', part: 1 },
      { outcome: 'too_long', part: 2 },
    ]);
    expect(JSON.stringify(lines)).not.toContain('xxx');
  });
});

describe('a message that is delivered again to a process that remembers nothing', () => {
  test('is not answered again, and the bot is not asked', async () => {
    const bot = parrot();
    const { sid, message, deliver, start } = await setUp(bot);
    const asked = await message('hello');
    await deliver(asked);
    await deliver(asked, start());
    expect(bot.asked).toHaveLength(1);
    expect(await stack.bodiesIn(sid)).toEqual(['hello', 'hello!']);
  });

  test('is known although more than a hundred messages came after its answer', async () => {
    const { sid, there, message, deliver, start } = await setUp(parrot());
    const asked = await message('hello');
    await deliver(asked);
    for (let n = 0; n < 105; n += 1) await there.messages.create({ author: VISITOR, body: `${n}` });
    await deliver(asked, start());
    expect((await stack.bodiesIn(sid)).filter((body) => body === 'hello!')).toHaveLength(1);
  });
});
