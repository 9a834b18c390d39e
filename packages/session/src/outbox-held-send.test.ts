import { expect, test } from 'vitest';
import { ConnectionError, type Upload } from './connection.js';
import type { OutgoingFile } from './contract.js';
import type { OutboxLink } from './delivery.js';
import { createMemoryFiles } from './memory-files.js';
import { createOutbox } from './outbox.js';
import type { FileStore } from './ports.js';
import { createFakeClock, createFakeCrypto, createFakeExclusive, createMemoryStorage } from './testing.js';

/** Two tabs of one visitor, on the same storage and locks. */
function twoTabs(more: { read?: FileStore['read'] } = {}) {
  const clock = createFakeClock();
  const memory = createMemoryFiles();
  const files: FileStore = { ...memory, write: async (...file) => !(await memory.write(...file)), ...more };
  const parts = { storage: createMemoryStorage(), exclusive: createFakeExclusive(), clock, files };
  const asked: string[] = [];
  const open = (name: string, seed: number) => {
    const outbox = createOutbox({
      ...parts,
      key: 'key',
      crypto: createFakeCrypto(seed),
      newestIndex: () => -1,
      onChange() {},
      onStall() {},
      onSlowed() {},
      onClosed: (reason) => asked.push(`${name}: ${reason}`),
    });
    outbox.open('CH1');
    let answer = (): void => {};
    let refuse = (_: Error): void => {};
    let upload: Upload | undefined;
    const link: OutboxLink = {
      send(body, _, files) {
        asked.push(`${name} sends ${body}`);
        upload = files;
        return new Promise((resolve, reject) => {
          upload?.cancelled.addEventListener('abort', () => asked.push(`${name} cancels`));
          refuse = reject;
          answer = () => resolve({ index: 0 });
        });
      },
      async readAfter() {
        asked.push(`${name} looks`);
      },
    };
    const uploaded = (): void => upload?.onUploaded();
    return { outbox, link, uploaded, answer: () => answer(), refuse: (error: Error) => refuse(error) };
  };
  return { clock, asked, one: open('one', 1), two: open('two', 2) };
}

test('what a lost link may still send when it comes back is not sent by another tab meanwhile', async () => {
  const { clock, asked, one, two } = twoTabs();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('hello');
  await clock.settle();
  lose();
  two.outbox.open('CH1');
  two.outbox.connect(two.link);
  two.outbox.add('after it');
  await clock.settle();
  expect(asked).toEqual(['one sends hello']);
  one.answer();
  await clock.settle();
  expect(asked).toEqual(['one sends hello', 'two sends after it']);
});

test('what a lost link held is looked for on the link that follows it', async () => {
  const { clock, asked, one } = twoTabs();
  one.outbox.connect(one.link)();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('hello');
  await clock.settle();
  lose();
  await clock.settle();
  one.outbox.connect(one.link);
  await clock.advance(2_000);
  expect(asked).toEqual(['one sends hello', 'one looks', 'one sends hello']);
});

test('what is heard late of the conversation before does not end the next one', async () => {
  const { clock, asked, one } = twoTabs();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('hello');
  await clock.settle();
  lose();
  one.outbox.open(null);
  one.refuse(new ConnectionError('not_found', 'It is gone.'));
  await clock.settle();
  expect(asked).toEqual(['one sends hello']);
});

const file = (): OutgoingFile => Object.assign(new Blob(['x']), { name: 'a.txt' });

test('nor is a message whose files were there when the link was lost', async () => {
  const { clock, asked, one, two } = twoTabs();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('look', { files: [file()] });
  await clock.settle();
  one.uploaded();
  lose();
  two.outbox.open('CH1');
  two.outbox.connect(two.link);
  two.outbox.add('after it');
  await clock.settle();
  expect(asked).toEqual(['one sends look']);
  one.answer();
  await clock.settle();
  expect(asked).toEqual(['one sends look', 'two sends after it']);
});

test('files that are on their way when the link is lost are left to whoever has a link', async () => {
  const { clock, asked, one, two } = twoTabs();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('look', { files: [file()] });
  await clock.settle();
  lose();
  one.refuse(new ConnectionError('not_sent', 'It was cancelled.'));
  two.outbox.connect(two.link);
  two.outbox.add('after it');
  await clock.settle();
  expect(asked).toEqual(['one sends look', 'one cancels', 'two sends after it']);
});

test('what is heard late of a message that was forgotten ends nothing', async () => {
  const { clock, asked, one } = twoTabs();
  one.outbox.connect(one.link);
  one.outbox.add('hello');
  await clock.settle();
  one.outbox.forget();
  one.refuse(new ConnectionError('not_a_participant', 'This visitor has left.'));
  await clock.settle();
  expect(asked).toEqual(['one sends hello']);
});

test('a store of files that does not answer holds up nothing for ever', async () => {
  const { clock, asked, one, two } = twoTabs({ read: () => new Promise(() => {}) });
  one.outbox.add('look', { files: [file()] });
  await clock.settle();
  // Read back from storage, with what was written after it behind it.
  two.outbox.open(null);
  two.outbox.open('CH1');
  two.outbox.connect(two.link);
  two.outbox.add('after it');
  await clock.advance(300_000);
  expect(two.outbox.entries().map(({ body, error }) => [body, error])).toEqual([
    ['look', 'upload_failed'],
    ['after it', null],
  ]);
  expect(asked).toEqual(['two sends after it']);
});

test('what another tab took along to its conversation stands in its order when this tab finds another one', async () => {
  const { clock, one, two } = twoTabs();
  two.outbox.open(null);
  two.outbox.add('first');
  await clock.advance(1);
  // It takes along what waits for any conversation, as a page does that has just been loaded.
  one.outbox.open(null);
  one.outbox.open('CH1');
  await clock.advance(1);
  two.outbox.add('second');
  two.outbox.open('CH2');
  expect(two.outbox.entries().map(({ body }) => body)).toEqual(['first', 'second']);
});

test('what another tab took along to a conversation that is over comes before what was written later', async () => {
  const { clock, one, two } = twoTabs();
  one.outbox.open(null);
  one.outbox.add('first');
  await clock.advance(1);
  two.outbox.open(null);
  two.outbox.open('CH2');
  // The page is loaded again, and finds nothing that waits.
  one.outbox.forget();
  one.outbox.open(null);
  one.outbox.add('second');
  one.outbox.open('CH3', 'CH2');
  expect(one.outbox.entries().map(({ body }) => body)).toEqual(['first', 'second']);
});
