import { expect, test } from 'vitest';
import { loadPending, mergePending, savePending } from './outbox-storage.js';
import type { PendingMessage } from './pending.js';
import { createMemoryStorage } from './testing.js';

const KEY = 'outbox';

function entry(cid: string, fields: Partial<PendingMessage> = {}): PendingMessage {
  return {
    cid,
    body: `text ${cid}`,
    at: 1,
    state: 'queued',
    index: null,
    error: null,
    attempted: false,
    after: -1,
    files: [],
    kept: true,
    ...fields,
  };
}

test('what is missing in storage is looked for before it is sent', () => {
  expect(mergePending([entry('a')], [])).toEqual([entry('a', { attempted: true })]);
});

test('what another tab attempted is looked for from where that tab knew', () => {
  const other = entry('a', { attempted: true, after: 7 });
  expect(mergePending([entry('a')], [other])).toEqual([other]);
});

test('what was refused in another tab is not sent by this one', () => {
  const refused = entry('a', { state: 'failed', error: 'refused' });
  expect(mergePending([entry('a')], [refused])).toEqual([refused]);
});

test('what another tab has the files of now is not without them here', () => {
  const mine = entry('a', { state: 'failed', error: 'file_missing' });
  expect(mergePending([mine], [entry('a')])).toEqual([entry('a')]);
});

test('what is as it was stays the same list', () => {
  const mine = [entry('a', { attempted: true }), entry('b', { state: 'failed', error: 'refused' })];
  expect(mergePending(mine, mine.slice(0, 1))).toBe(mine);
});

test('what another tab wrote comes last', () => {
  expect(mergePending([entry('b')], [entry('a'), entry('b')]).map(({ cid }) => cid)).toEqual(['b', 'a']);
});

test('only what changed is written, so that what another tab delivered does not come back', () => {
  const storage = createMemoryStorage();
  const before = [entry('a'), entry('b')];
  savePending(storage, KEY, [], before);
  // Another tab delivers the first one.
  savePending(storage, KEY, before, before.slice(1));
  savePending(storage, KEY, before, [...before, entry('c')]);
  expect(loadPending(storage, KEY).map(({ cid }) => cid)).toEqual(['b', 'c']);
});

test.each(['null', '[]', '{', '{"version":2,"messages":[]}', '{"version":1,"messages":{}}'])(
  '%s in storage is an empty list',
  (value) => {
    expect(loadPending(createMemoryStorage(new Map([[KEY, value]])), KEY)).toEqual([]);
  },
);
