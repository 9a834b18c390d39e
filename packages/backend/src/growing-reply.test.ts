import { expect, test } from 'vitest';
import { createGrowingReply } from './growing-reply.js';

/** A growing reply whose writes fail at these places. */
function growing(failing: readonly number[]) {
  const written: [text: string, growing: boolean][] = [];
  const failures: unknown[] = [];
  const over = new AbortController();
  let writes = 0;
  let now = 0;
  const reply = createGrowingReply({
    answer: {
      next: () => 0,
      async write(_part, content, marks) {
        writes += 1;
        over.signal.throwIfAborted();
        if (failing.includes(writes)) throw new Error('Twilio is busy.');
        if ('body' in content) written.push([content.body, marks?.growing === true]);
      },
      room: () => 5,
      written: async () => {},
    },
    attributes: undefined,
    now: () => now,
    signal: over.signal,
    failed: (error) => failures.push(error),
    async wait(ms) {
      now += ms;
    },
  });
  return { reply, written, failures, over, writes: () => writes };
}

/** Settled after each: so each text is one write. */
async function grow({ reply }: ReturnType<typeof growing>, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    reply.update(text);
    await reply.settled();
  }
}

test('a text on the way that could not be written loses neither what comes after it nor the end', async () => {
  const chat = growing([2]);
  await grow(chat, ['one', 'one two', 'one two three']);
  await chat.reply.finish('one two three four');
  expect(chat.written).toEqual([
    ['one', true],
    ['one two three', true],
    ['one two three four', false],
  ]);
  expect(chat.failures).toHaveLength(1);
});

test('a first text that could not be written may stand there all the same, so it is not written again', async () => {
  const chat = growing([1]);
  await grow(chat, ['one', 'one two']);
  await expect(chat.reply.finish('one two three')).rejects.toThrow('busy');
  expect(chat.written).toEqual([]);
});

test('a whole text that could not be written in place of one that stands there is tried once more', async () => {
  const chat = growing([2, 3]);
  await grow(chat, ['one', 'one two']);
  await chat.reply.finish('one two three');
  expect(chat.written).toEqual([
    ['one', true],
    ['one two three', false],
  ]);
  const gone = growing([2, 3]);
  await grow(gone, ['one']);
  await expect(gone.reply.finish('one two')).rejects.toThrow('busy');
  expect(gone.writes()).toBe(3);
});

test('a whole text that nothing stood before is not tried again: it may stand there all the same', async () => {
  const chat = growing([1]);
  await expect(chat.reply.finish('one')).rejects.toThrow('busy');
  expect(chat.writes()).toBe(1);
});

test('texts on the way are let go without a word when the bot’s time is over', async () => {
  const chat = growing([]);
  await grow(chat, ['one']);
  chat.over.abort(new Error('The time is over.'));
  await grow(chat, ['one two']);
  expect(chat.writes()).toBe(1);
  expect(chat.failures).toEqual([]);
  await expect(chat.reply.finish('one two three')).rejects.toThrow('time is over');
  expect(chat.writes()).toBe(2);
});
