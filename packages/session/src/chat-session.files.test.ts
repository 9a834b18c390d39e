import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FileContent } from './connection.js';
import type { ChatSession, OutgoingFile } from './contract.js';
import { createFakeBrowser, type FakeBrowser } from './fake-browser.js';
import { createMemoryFiles } from './memory-files.js';
import type { FileStore } from './ports.js';

let browser: FakeBrowser;
let files: FileStore;
beforeEach(() => {
  browser = createFakeBrowser();
  files = { ...createMemoryFiles(), ...lasting() };
});
afterEach(() => browser.close());

/** What a browser keeps over a reload, as IndexedDB does. */
function lasting(): FileStore & { contents: Map<string, FileContent> } {
  const contents = new Map<string, FileContent>();
  return {
    contents,
    async write(key, content) {
      contents.set(key, content);
      return true;
    },
    read: async (key) => contents.get(key) ?? null,
    remove: async (key) => void contents.delete(key),
    async clear(prefix) {
      for (const key of [...contents.keys()]) if (key.startsWith(prefix)) contents.delete(key);
    },
  };
}

const kept = (): number => (files as ReturnType<typeof lasting>).contents.size;

function file(name = 'a.txt', size = 8, type = 'text/plain'): OutgoingFile {
  return Object.assign(new Blob(['x'.repeat(size)], { type }), { name });
}

async function online(options: Parameters<FakeBrowser['open']>[0] = {}): Promise<ChatSession> {
  const session = browser.open({ files, ...options });
  session.start();
  await browser.clock.settle();
  expect(session.getSnapshot().status).toBe('online');
  return session;
}

const last = (session: ChatSession) => session.getSnapshot().messages.at(-1);
const stored = () => [...browser.service.conversations.values()].flatMap(({ messages }) => messages);

test('files are shown at once, with what is there of each, and come to be one message', async () => {
  const session = await online();
  browser.service.uploadMs = 400;
  session.send('look', [file('a.txt', 8), file('photo.png', 9, 'image/png')]);
  expect(last(session)).toMatchObject({
    body: 'look',
    state: 'sending',
    media: [
      { sid: null, name: 'a.txt', size: 8, progress: null, inline: false },
      { sid: null, name: 'photo.png', size: 9, progress: null, inline: true },
    ],
  });
  const key = last(session)?.key;
  await browser.clock.advance(200);
  expect(last(session)?.media.map(({ progress }) => progress)).toEqual([0.5, 0]);
  await browser.clock.advance(400);
  expect(last(session)?.media.map(({ progress }) => progress)).toEqual([1, 0.5]);
  expect(kept()).toBe(2);
  await browser.clock.advance(5_000);
  expect(last(session)).toMatchObject({
    key,
    state: 'sent',
    media: [{ name: 'a.txt' }, { name: 'photo.png' }],
  });
  expect(last(session)?.media.every(({ sid, progress }) => sid !== null && progress === null)).toBe(true);
  expect(stored()).toHaveLength(1);
  expect(kept()).toBe(0);
});

test('a file without a text is a message', async () => {
  const session = await online();
  session.send('  ', [file()]);
  await browser.clock.advance(5_000);
  expect(stored()).toMatchObject([{ body: '', media: [{ name: 'a.txt' }] }]);
});

test('what is written after a file comes after it', async () => {
  const session = await online();
  browser.service.uploadMs = 60_000;
  session.send('one', [file()]);
  session.send('two');
  await browser.clock.advance(30_000);
  expect(stored()).toEqual([]);
  await browser.clock.advance(60_000);
  expect(stored().map(({ body }) => body)).toEqual(['one', 'two']);
  expect(session.getSnapshot().status).toBe('online');
});

test('an upload may last, and the line is not thrown away for it', async () => {
  const session = await online();
  browser.service.uploadMs = 600_000;
  const statuses = new Set<string>();
  session.subscribe(() => statuses.add(session.getSnapshot().status));
  session.send('', [file()]);
  await browser.clock.advance(700_000);
  expect(stored()).toHaveLength(1);
  expect([...statuses]).toEqual(['online']);
});

test.each([0, 100, 399])('X9: a message that is discarded %d ms into its upload is gone', async (ms) => {
  const session = await online();
  browser.service.uploadMs = 400;
  session.send('no', [file()]);
  session.send('yes');
  await browser.clock.advance(ms);
  session.discard(session.getSnapshot().messages.find(({ body }) => body === 'no')?.key ?? '');
  expect(session.getSnapshot().messages.map(({ body }) => body)).not.toContain('no');
  await browser.clock.advance(60_000);
  expect(stored().map(({ body }) => body)).toEqual(['yes']);
  expect(kept()).toBe(0);
  expect(
    browser.storage.values.get(
      [...browser.storage.values.keys()].find((key) => key.includes('outbox')) ?? '',
    ),
  ).toBe(undefined);
});

test('a message with files that waits for its turn can be discarded, and a text cannot', async () => {
  const session = await online();
  browser.service.refuse(true);
  await browser.clock.settle();
  session.send('text');
  session.send('file', [file()]);
  for (const { key } of session.getSnapshot().messages) session.discard(key);
  expect(session.getSnapshot().messages.map(({ body }) => body)).toEqual(['text']);
  browser.service.refuse(false);
  await browser.clock.advance(60_000);
  expect(stored().map(({ body }) => body)).toEqual(['text']);
});

test('files that wait are sent after a reload', async () => {
  const session = await online();
  browser.service.uploadMs = 1_000;
  session.send('look', [file('a.txt', 8)]);
  await browser.clock.advance(500);
  await session.stop();
  const again = browser.open({ files });
  again.start();
  await browser.clock.advance(10_000);
  expect(stored()).toMatchObject([{ body: 'look', media: [{ name: 'a.txt', size: 8 }] }]);
  expect(again.getSnapshot().messages).toHaveLength(1);
  expect(kept()).toBe(0);
});

test('files that were kept nowhere are missing after a reload, and the text is there', async () => {
  const session = await online({ files: createMemoryFiles() });
  browser.service.uploadMs = 1_000;
  session.send('look', [file('a.txt', 8)]);
  await browser.clock.advance(500);
  await session.stop();
  browser.service.refuse(true);
  const again = browser.open({ files: createMemoryFiles() });
  again.start();
  // Nothing that can be known now is told only when there is a link.
  await browser.clock.advance(1_000);
  expect(last(again)).toMatchObject({ error: 'file_missing' });
  browser.service.refuse(false);
  await browser.clock.advance(30_000);
  expect(last(again)).toMatchObject({ body: 'look', state: 'failed', error: 'file_missing' });
  expect(stored()).toEqual([]);
  again.retry(last(again)?.key ?? '');
  expect(last(again)).toMatchObject({ state: 'failed' });
  again.discard(last(again)?.key ?? '');
  expect(again.getSnapshot().messages).toEqual([]);
});

test('a file that vanished from the store is missing', async () => {
  const session = await online();
  browser.service.refuse(true);
  session.send('look', [file()]);
  await browser.clock.settle();
  await session.stop();
  await files.clear('');
  browser.service.refuse(false);
  const again = browser.open({ files });
  again.start();
  await browser.clock.advance(10_000);
  expect(last(again)).toMatchObject({ body: 'look', error: 'file_missing' });
});

test.each([true, false])('two tabs deliver files once, each its own (shared store: %s)', async (shared) => {
  const ofTab = (): FileStore => (shared ? files : createMemoryFiles());
  const one = await online({ files: ofTab() });
  const two = await online({ files: ofTab() });
  browser.service.refuse(true);
  await browser.clock.settle();
  one.send('from one', [file('one.txt')]);
  two.send('from two', [file('two.txt')]);
  await browser.clock.settle();
  browser.service.refuse(false);
  await browser.clock.advance(120_000);
  expect(
    stored()
      .map(({ body, media }) => [body, media[0]?.name])
      .toSorted(),
  ).toEqual([
    ['from one', 'one.txt'],
    ['from two', 'two.txt'],
  ]);
  for (const session of [one, two]) {
    expect(session.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent', 'sent']);
  }
});

test('a tab without the contents leaves the message to the one that has them', async () => {
  const one = await online({ files: createMemoryFiles() });
  browser.service.uploadMs = 10_000;
  one.send('look', [file()]);
  await browser.clock.advance(1_000);
  const two = await online({ files: createMemoryFiles() });
  two.send('later');
  await browser.clock.advance(60_000);
  expect(stored().map(({ body }) => body)).toEqual(['look', 'later']);
  for (const session of [one, two]) {
    expect(session.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent', 'sent']);
  }
});

test('a tab that gets its turn first leaves the message to the one that has its files', async () => {
  const one = await online({ files: createMemoryFiles() });
  const two = await online({ files: createMemoryFiles() });
  browser.service.fail('upload', 'lost');
  one.send('look', [file()]);
  await browser.clock.settle();
  // The first tab rests before its second attempt.
  two.send('later');
  await browser.clock.settle();
  expect(stored().map(({ body }) => body)).toEqual(['later']);
  await browser.clock.advance(60_000);
  expect(stored().map(({ body }) => body)).toEqual(['later', 'look']);
  for (const session of [one, two]) {
    expect(session.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent', 'sent']);
  }
});

test('files in memory that were written before there was a conversation are sent in it', async () => {
  browser.service.refuse(true);
  const session = browser.open({ files: createMemoryFiles() });
  session.start();
  await browser.clock.settle();
  session.send('one');
  session.send('two', [file()]);
  session.send('three');
  await browser.clock.advance(1_000);
  browser.service.refuse(false);
  await browser.clock.advance(120_000);
  expect(stored().map(({ body }) => body)).toEqual(['one', 'two', 'three']);
  expect(session.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent', 'sent', 'sent']);
});

test('X9: a message that has left with its files is not taken back', async () => {
  const session = await online();
  browser.service.fail('send', 'silent');
  session.send('look', [file()]);
  await browser.clock.advance(1_000);
  const { key = '', state } = last(session) ?? {};
  expect(state).toBe('sending');
  session.discard(key);
  expect(last(session)?.key).toBe(key);
  await browser.clock.advance(120_000);
  expect(stored()).toHaveLength(1);
});

test('an upload that breaks off is made again, and after four attempts the visitor is asked', async () => {
  const session = await online();
  browser.service.fail('upload', 'lost');
  session.send('one', [file()]);
  await browser.clock.advance(30_000);
  expect(stored()).toHaveLength(1);
  for (let count = 0; count < 4; count += 1) browser.service.fail('upload', 'lost');
  session.send('two', [file()]);
  session.send('three');
  await browser.clock.advance(120_000);
  const failed = session.getSnapshot().messages.find(({ body }) => body === 'two');
  expect(failed).toMatchObject({ state: 'failed', error: 'upload_failed' });
  expect(stored().map(({ body }) => body)).toEqual(['one', 'three']);
  expect(kept()).toBe(1);
  session.retry(failed?.key ?? '');
  await browser.clock.advance(30_000);
  expect(stored().map(({ body }) => body)).toEqual(['one', 'three', 'two']);
  expect(kept()).toBe(0);
});

test('a file that the service refuses fails at once, and holds up nothing', async () => {
  const session = await online();
  browser.service.fail('upload', 'refused');
  session.send('one', [file()]);
  session.send('two');
  await browser.clock.advance(5_000);
  expect(session.getSnapshot().messages.find(({ body }) => body === 'one')).toMatchObject({
    error: 'refused',
  });
  expect(stored().map(({ body }) => body)).toEqual(['two']);
});

test.each(['lost', 'unanswered', 'silent', 'done_but_failed', 'busy'] as const)(
  'a message with files whose send is «%s» is stored and shown once',
  async (fault) => {
    const session = await online();
    browser.service.fail('send', fault);
    session.send('look', [file()]);
    await browser.clock.advance(180_000);
    expect(stored()).toMatchObject([{ body: 'look', media: [{ name: 'a.txt' }] }]);
    expect(session.getSnapshot().messages).toMatchObject([{ state: 'sent' }]);
    expect(kept()).toBe(0);
  },
);

test('a link that is lost during an upload leaves no second copy', async () => {
  const session = await online();
  browser.service.uploadMs = 5_000;
  session.send('look', [file()]);
  await browser.clock.advance(2_000);
  browser.service.drop();
  await browser.clock.advance(60_000);
  expect(stored()).toHaveLength(1);
  expect(session.getSnapshot().messages).toMatchObject([{ state: 'sent' }]);
});

const MIB = 1024 * 1024;
const sized = (size: number, name = 'a.bin', type = ''): OutgoingFile => ({
  name,
  size,
  type,
  slice: () => sized(size),
});

test.each<[string, string | null, OutgoingFile[], object]>([
  ['10 files', null, Array.from({ length: 10 }, () => file()), {}],
  ['11 files', 'too_many_files', Array.from({ length: 11 }, () => file()), {}],
  [
    '11 files, where 20 are wished for',
    'too_many_files',
    Array.from({ length: 11 }, () => file()),
    { maxFiles: 20 },
  ],
  ['2 files of at most 1', 'too_many_files', [file(), file()], { maxFiles: 1 }],
  ['an empty file', 'file_empty', [file('a.txt', 0)], {}],
  ['16 MiB and a byte', 'file_too_large', [sized(16 * MIB + 1)], {}],
  ['X8: 150 MB and a byte', 'file_too_large', [sized(150 * MIB + 1)], { maxFileSize: 1e12 }],
  ['more than 150 MB together', 'file_too_large', [sized(80 * MIB), sized(80 * MIB)], { maxFileSize: 1e12 }],
  [
    'an ending that is not accepted',
    'file_type_not_allowed',
    [file('a.exe')],
    { acceptedExtensions: ['txt'] },
  ],
  ['X8: a second ending', 'file_type_not_allowed', [file('a.txt.exe')], { acceptedExtensions: ['txt'] }],
  ['no ending', 'file_type_not_allowed', [file('txt')], { acceptedExtensions: ['txt'] }],
  ['an ending in capitals', null, [file('A.TXT')], { acceptedExtensions: ['txt'] }],
  ['an ending accepted with its dot', null, [file('a.txt')], { acceptedExtensions: ['.TXT'] }],
])('%s: %s', async (_, error, outgoing, filePolicy) => {
  const session = await online({ filePolicy });
  session.send('words', outgoing);
  await browser.clock.advance(5_000);
  expect(last(session)).toMatchObject({ body: 'words', error, state: error ? 'failed' : 'sent' });
  expect(stored()).toHaveLength(error ? 0 : 1);
  expect(kept()).toBe(0);
  session.retry(last(session)?.key ?? '');
  await browser.clock.advance(5_000);
  expect(last(session)?.error).toBe(error);
});

test('images are made smaller where that is asked for, before their size counts', async () => {
  const small = new Blob(['small'], { type: 'image/jpeg' });
  const asked: number[] = [];
  const session = await online({
    filePolicy: { maxFileSize: 10, longestSide: 2_000 },
    async shrinkImage(content, { longestSide }) {
      asked.push(longestSide);
      if (content.size === 99) throw new Error('No image.');
      return content.size === 50 ? small : content;
    },
  });
  session.send('shrinks', [file('a.jpg', 50, 'image/jpeg')]);
  session.send('does not', [file('a.jpg', 51, 'image/jpeg')]);
  session.send('breaks', [file('a.jpg', 99, 'image/jpeg')]);
  session.send('gif', [file('a.gif', 50, 'image/gif')]);
  await browser.clock.advance(5_000);
  expect(stored()).toMatchObject([{ body: 'shrinks', media: [{ name: 'a.jpg', size: 5 }] }]);
  const errors = session.getSnapshot().messages.map(({ body, error }) => [body, error]);
  expect(errors).toEqual([
    ['shrinks', null],
    ['does not', 'file_too_large'],
    ['breaks', 'file_too_large'],
    ['gif', 'file_too_large'],
  ]);
  expect(asked).toEqual([2_000, 2_000, 2_000]);
});

test('X4: what a file is called cannot lie about its ending, here or to others', async () => {
  const session = await online();
  session.send('', [file('invoice\u202efdp.exe')]);
  expect(last(session)?.media[0]?.name).toBe('invoicefdp.exe');
  await browser.clock.advance(5_000);
  expect(stored()[0]?.media[0]?.name).toBe('invoicefdp.exe');
});

test('X10: gives fresh addresses of files that are shown, and of no others', async () => {
  const session = await online();
  await expect(session.mediaUrl('none', 'ME0')).rejects.toMatchObject({ code: 'not_found' });
  session.send('', [file()]);
  await browser.clock.advance(5_000);
  const { key = '', media = [] } = last(session) ?? {};
  const first = await session.mediaUrl(key, media[0]?.sid ?? '');
  const second = await session.mediaUrl(key, media[0]?.sid ?? '');
  expect(first).not.toBe(second);
  await expect(session.mediaUrl(key, 'MEother')).rejects.toMatchObject({
    name: 'ConnectionError',
    code: 'not_found',
  });
});
