import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RemoteMessage } from './connection.js';
import { acked, attempting, dropped, failed, notTaken, type PendingMessage, queued } from './pending.js';
import {
  clientIdOf,
  emptyTranscript,
  messageArrived,
  messageRemoved,
  messagesArrived,
  newestIndex,
  shownMessages,
  type Transcript,
} from './transcript.js';

const ME = 'me';
const isOwn = (author: string) => author === ME;
const who = { identity: ME, roleOf: (author: string) => (isOwn(author) ? 'visitor' : 'other') } as const;

function message(index: number, fields: Partial<RemoteMessage> = {}): RemoteMessage {
  return {
    sid: `IM${index}`,
    index,
    author: 'bot',
    body: `m${index}`,
    attributes: {},
    at: 1_000 + index,
    updatedAt: 1_000 + index,
    edited: false,
    media: [],
    contentSid: null,
    ...fields,
  };
}

function pendingMessage(cid: string, fields: Partial<PendingMessage> = {}): PendingMessage {
  return {
    cid,
    body: `text ${cid}`,
    at: 5_000,
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

const shown = (transcript: Transcript, pending: readonly PendingMessage[] = []) =>
  shownMessages(transcript, pending, who, []);

type Happening =
  | { kind: 'arrived'; message: RemoteMessage }
  | { kind: 'removed'; index: number }
  | { kind: 'acked'; cid: string; index: number | null };

/** What a session does with each kind of news. */
function apply(
  { transcript, pending }: { transcript: Transcript; pending: readonly PendingMessage[] },
  event: Happening,
): { transcript: Transcript; pending: readonly PendingMessage[] } {
  switch (event.kind) {
    case 'arrived': {
      const cid = isOwn(event.message.author) ? clientIdOf(event.message.attributes) : null;
      return {
        transcript: messageArrived(transcript, event.message),
        pending: cid === null ? pending : dropped(pending, cid),
      };
    }
    case 'removed':
      return { transcript: messageRemoved(transcript, event.index), pending };
    case 'acked':
      return { transcript, pending: acked(pending, event.cid, event.index) };
  }
}

describe('the same facts give the same list', () => {
  // Each place in the conversation: who wrote it, how often it was edited, whether it was removed, whether its
  // sender heard the index, and whether a broken line stored it a second time.
  const place = fc.record({
    own: fc.boolean(),
    edits: fc.nat(2),
    removed: fc.boolean(),
    indexKnown: fc.boolean(),
    twice: fc.boolean(),
    gap: fc.boolean(),
  });

  test('in whatever order they come, and however often', () => {
    fc.assert(
      fc.property(fc.array(place, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (places, numbers) => {
        const happenings: Happening[] = [];
        const sent: PendingMessage[] = [];
        let index = 0;
        for (const [count, { own, edits, removed, indexKnown, twice, gap }] of places.entries()) {
          if (gap) index += 3;
          const cid = `c${count}`;
          if (own) sent.push(pendingMessage(cid));
          const copies = own && twice ? 2 : 1;
          for (let copy = 0; copy < copies; copy += 1) {
            const first = message(index, own ? { author: ME, attributes: { cid } } : {});
            for (let edit = 0; edit <= edits; edit += 1) {
              const text = edit === 0 ? {} : { body: `edit ${edit}`, edited: true, updatedAt: 9_000 + edit };
              happenings.push({ kind: 'arrived', message: { ...first, ...text } });
            }
            if (own && copy === 0) happenings.push({ kind: 'acked', cid, index: indexKnown ? index : null });
            if (removed) happenings.push({ kind: 'removed', index });
            index += 1;
          }
        }
        const start = { transcript: emptyTranscript, pending: sent as readonly PendingMessage[] };
        const inOrder = happenings.reduce(apply, start);
        const shuffled = happenings
          .flatMap((event) => Array.from({ length: 1 + ((numbers.next().value ?? 0) % 2) }, () => event))
          .map((event) => ({ event, at: numbers.next().value ?? 0 }))
          .sort((one, other) => one.at - other.at)
          .reduce((state, { event }) => apply(state, event), start);
        expect(shown(shuffled.transcript, shuffled.pending)).toEqual(
          shown(inOrder.transcript, inOrder.pending),
        );
        const keys = shown(inOrder.transcript, inOrder.pending).map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 500 },
    );
  });

  test('a page is the same as its messages one by one', () => {
    const messages = [3, 1, 7, 2].map((index) => message(index));
    expect(messagesArrived(emptyTranscript, messages)).toEqual(
      messages.toReversed().reduce(messageArrived, emptyTranscript),
    );
  });
});

describe('the list', () => {
  test('is by index, then what is on its way, in the order it was written', () => {
    const transcript = messagesArrived(emptyTranscript, [message(4), message(1)]);
    const pending = [
      pendingMessage('a', { state: 'sent', index: 2 }),
      pendingMessage('b', { state: 'failed', error: 'refused' }),
      pendingMessage('c'),
    ];
    expect(shown(transcript, pending).map(({ body, state }) => [body, state])).toEqual([
      ['m1', 'sent'],
      ['text a', 'sent'],
      ['m4', 'sent'],
      ['text b', 'failed'],
      ['text c', 'sending'],
    ]);
  });

  test('keeps the key of a bubble when its stored copy arrives', () => {
    const before = shown(emptyTranscript, [pendingMessage('a')]);
    const stored = messageArrived(emptyTranscript, message(0, { author: ME, attributes: { cid: 'a' } }));
    expect(shown(stored)[0]?.key).toBe(before[0]?.key);
  });

  test('shows one bubble for a text that was stored twice, and both for two authors with one client id', () => {
    const transcript = messagesArrived(emptyTranscript, [
      message(0, { author: ME, attributes: { cid: 'a' } }),
      message(1, { author: ME, attributes: { cid: 'a' } }),
      message(2, { author: 'echo', attributes: { cid: 'a' } }),
    ]);
    expect(shown(transcript).map(({ index }) => index)).toEqual([0, 2]);
  });

  test('shows one bubble for a text that was stored under two identities of the visitor', () => {
    const both = { identity: ME, roleOf: () => 'visitor' as const };
    const attributes = { cid: 'a' };
    const transcript = messagesArrived(emptyTranscript, [
      message(0, { author: 'before', attributes }),
      message(1, { author: ME, attributes }),
    ]);
    expect(shownMessages(transcript, [], both, []).map(({ key, index }) => [key, index])).toEqual([['a', 0]]);
    const before = messageArrived(emptyTranscript, message(0, { author: 'before', attributes }));
    expect(shownMessages(before, [pendingMessage('a')], both, [])).toHaveLength(1);
  });

  test('drops the optimistic copy when only the index of the stored one says that it is the same', () => {
    const transcript = messageArrived(emptyTranscript, message(3, { author: ME, attributes: {} }));
    expect(shown(transcript, [pendingMessage('a', { state: 'sent', index: 3 })])).toHaveLength(1);
  });

  test('drops the optimistic copy of what was removed before its stored one was heard of', () => {
    const removed = messageRemoved(emptyTranscript, 3);
    expect(shown(removed, [pendingMessage('a', { state: 'sent', index: 3 })])).toEqual([]);
  });

  test('keeps the identity of what did not change, and of the whole when nothing did', () => {
    const transcript = messagesArrived(emptyTranscript, [message(0), message(1)]);
    const before = shown(transcript);
    const again = shownMessages(transcript, [], who, before);
    expect(again).toBe(before);
    const edited = messageArrived(transcript, message(1, { body: 'new', updatedAt: 9_000 }));
    const after = shownMessages(edited, [], who, before);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });
});

describe('a transcript', () => {
  test('takes the later of two copies of a message', () => {
    const newer = message(0, { body: 'newer', updatedAt: 9_000 });
    for (const order of [
      [message(0), newer],
      [newer, message(0)],
    ]) {
      expect(messagesArrived(emptyTranscript, order).messages).toEqual([newer]);
    }
  });

  test('is the same object when nothing new was said', () => {
    const transcript = messageArrived(emptyTranscript, message(0));
    expect(messageArrived(transcript, message(0))).toBe(transcript);
    const removed = messageRemoved(transcript, 5);
    expect(messageRemoved(removed, 5)).toBe(removed);
  });

  test('knows its newest index', () => {
    expect(newestIndex(emptyTranscript)).toBe(-1);
    expect(newestIndex(messagesArrived(emptyTranscript, [message(9), message(4)]))).toBe(9);
  });
});

test('the client id of any attributes is a text or nothing', () => {
  fc.assert(
    fc.property(fc.anything(), (attributes) => {
      const cid = clientIdOf(attributes);
      expect(cid === null || (typeof cid === 'string' && cid !== '')).toBe(true);
    }),
  );
});

test('a pending list takes an entry once, and never fails what was delivered', () => {
  const one = queued([], pendingMessage('a'));
  expect(queued(one, pendingMessage('a'))).toBe(one);
  expect(failed(acked(one, 'a', 1), 'a', 'refused')[0]?.state).toBe('sent');
});

test('an attempt that certainly failed says nothing of the attempts before it', () => {
  const one = attempting(queued([], pendingMessage('a')), 'a', 3);
  expect(notTaken(one, 'a', true)[0]?.attempted).toBe(true);
  expect(notTaken(one, 'a', false)[0]?.attempted).toBe(false);
});
