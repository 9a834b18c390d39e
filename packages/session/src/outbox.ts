import { backoffDelay } from './backoff.js';
import { isWellFormed, utf8Length } from './bytes.js';
import type { Choice } from './choices.js';
import { ConnectionError, connectionErrorCode, connectionErrorWait, type Upload } from './connection.js';
import { createCuttableWait } from './cuttable-wait.js';
import { loadPending, mergePending, savePending } from './outbox-storage.js';
import type { PendingMessage } from './pending.js';
import * as pending from './pending.js';
import type { Exclusive, SessionClock, SessionCrypto, SessionStorage } from './ports.js';
import type { MessageErrorCode } from './snapshot.js';

/** Twilio's limit for a message body, in bytes of UTF-8. */
export const MAX_BODY_BYTES: number = 32 * 1024;

const STALL_MS = 5_000;

/** The open conversation, as the outbox sees it. */
export interface OutboxLink {
  send(body: string, attributes: Record<string, unknown>, upload?: Upload): Promise<{ index: number | null }>;
  /** Reads all that came after `index` and tells the outbox by {@link Outbox.saw}. */
  readAfter(index: number): Promise<void>;
}

export interface OutboxOptions {
  /** Storage key without the conversation: texts wait there until they have one. */
  key: string;
  storage: SessionStorage;
  clock: SessionClock;
  crypto: SessionCrypto;
  exclusive: Exclusive;
  /** The newest index known. */
  newestIndex(): number;
  onChange(): void;
  /** A send has been on its way for 5 s: is the line dead? */
  onStall(): void;
  /** The service asks for patience until then, milliseconds since the epoch; `null`: no more. */
  onSlowed(until: number | null): void;
  /** The service will take nothing more for this conversation. */
  onClosed(reason: 'conversation_closed' | 'conversation_gone'): void;
}

/**
 * Keeps what the visitor wrote until the service has it, once and in order. One attempt is on its way at a time, in
 * one tab at a time; an attempt whose outcome is not known is looked for in the history before it is made again.
 */
export interface Outbox {
  entries(): readonly PendingMessage[];
  /** Takes a text at once. Limits are checked here, because the SDK checks none. */
  add(body: string, choice?: Choice): void;
  retry(cid: string): void;
  discard(cid: string): void;
  /** Client ids of this visitor that were seen in the history. */
  saw(cids: Iterable<string>): void;
  /** From now on entries are stored; those of this conversation and those without one are read back. */
  open(conversationSid: string | null): void;
  /** Starts delivering; the returned function ends it. */
  connect(link: OutboxLink): () => void;
  /** Nothing more will be delivered to this conversation. */
  fail(error: MessageErrorCode): void;
  retryNow(): void;
  /** Drops everything; nothing is stored before it is opened again. */
  forget(): void;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { storage, clock, crypto } = options;
  let list: readonly PendingMessage[] = [];
  let place: string | null = null;
  let link: OutboxLink | null = null;
  let lost: Promise<void> = Promise.resolve();
  let running = false;
  /** What the service asked to wait after the last attempt. */
  let asked: number | null = null;

  const change = (next: readonly PendingMessage[]): void => {
    if (next === list) return;
    const before = list;
    list = next;
    if (place !== null) savePending(storage, place, before, list);
    options.onChange();
  };

  const pause = createCuttableWait(clock);

  /** Settles as `work` does, unless the link is lost before; what comes later is not heard. */
  const whileLinked = <T>(work: Promise<T>): Promise<T> => {
    const broken = lost.then(() => {
      throw new ConnectionError('unknown_outcome', 'The link was lost while a message was on its way.');
    });
    return Promise.race([work, broken]);
  };

  /** Resolves false when the attempt must be followed by a wait. */
  const deliver = async (entry: PendingMessage, by: OutboxLink): Promise<boolean> => {
    const cancelStall = clock.after(STALL_MS, options.onStall);
    try {
      if (entry.attempted) {
        await whileLinked(by.readAfter(entry.after));
        if (!list.some(({ cid }) => cid === entry.cid)) return true;
      }
      return link === by ? await attempt(entry, by) : true;
    } finally {
      cancelStall();
    }
  };

  const attempt = async (entry: PendingMessage, by: OutboxLink): Promise<boolean> => {
    // Written before the frame leaves: whoever finds this entry after a crash must look before sending.
    change(pending.attempting(list, entry.cid, options.newestIndex()));
    const { cid, choice } = entry;
    const attributes = { cid, ...(choice && { choice }) };
    try {
      const { index } = await whileLinked(by.send(entry.body, attributes));
      change(pending.acked(list, entry.cid, index));
      return true;
    } catch (error) {
      return settle(entry, error);
    }
  };

  const settle = ({ cid, attempted }: PendingMessage, error: unknown): boolean => {
    const code = connectionErrorCode(error) ?? 'unknown_outcome';
    switch (code) {
      case 'refused':
      case 'too_many':
        change(pending.failed(list, cid, 'refused'));
        return true;
      case 'closed':
      case 'not_found':
      case 'not_a_participant':
        change(pending.failed(list, cid, 'conversation_closed'));
        link = null;
        options.onClosed(code === 'closed' ? 'conversation_closed' : 'conversation_gone');
        return true;
      case 'not_sent':
        change(pending.notTaken(list, cid, attempted));
        return false;
      // A server error says nothing about what was stored before it happened.
      case 'busy':
        asked = connectionErrorWait(error);
        return false;
      case 'unknown_outcome':
        return false;
    }
  };

  // One message a turn: a turn has an end that way, which the lock counts on, and each begins with what is stored.
  const deliverNext = (by: OutboxLink): Promise<boolean> =>
    options.exclusive(`${options.key}:lock`, async () => {
      if (place !== null && storage.lasting) change(mergePending(list, loadPending(storage, place)));
      const entry = list.find(({ state }) => state === 'queued');
      return entry && link === by ? deliver(entry, by) : true;
    });

  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (let failures = 0; link !== null && list.some(({ state }) => state === 'queued'); ) {
      const by = link;
      asked = null;
      const done = await deliverNext(by).catch((error) => {
        asked = connectionErrorWait(error);
        return false;
      });
      failures = done ? 0 : failures + 1;
      if (done || link !== by) continue;
      const delay = (asked ?? 0) + backoffDelay(failures, crypto);
      if (asked !== null) options.onSlowed(clock.now() + delay);
      await Promise.race([pause.wait(delay), lost]);
      pause.end();
      if (asked !== null) options.onSlowed(null);
    }
    running = false;
  };
  const start = (): void => void run();

  return {
    entries: () => list,
    add(text, choice) {
      const body = text.trim();
      if (body === '') return;
      const error = !isWellFormed(body)
        ? 'malformed_text'
        : utf8Length(body) > MAX_BODY_BYTES
          ? 'too_long'
          : null;
      change(
        pending.queued(list, {
          cid: crypto.randomId(),
          body,
          at: clock.now(),
          state: error ? 'failed' : 'queued',
          index: null,
          error,
          attempted: false,
          after: options.newestIndex(),
          ...(choice && { choice }),
        }),
      );
      start();
    },
    retry(cid) {
      const entry = list.find((candidate) => candidate.cid === cid);
      // The text is as it was: what was too long stays so.
      if (entry?.error === 'too_long' || entry?.error === 'malformed_text') return;
      change(pending.retried(list, cid));
      start();
    },
    discard: (cid) => change(list.filter((entry) => entry.cid !== cid || entry.state !== 'failed')),
    saw(cids) {
      let next = list;
      for (const cid of cids) next = pending.dropped(next, cid);
      change(next);
    },
    open(conversationSid) {
      const waiting = `${options.key}:outbox`;
      const next = conversationSid === null ? waiting : `${waiting}:${conversationSid}`;
      if (next === place) return;
      // What is known of attempts is about the conversation they were made in. What another tab took along from here
      // it may have delivered there.
      const left = place === null || !storage.lasting ? null : loadPending(storage, place);
      const unsent = list
        .filter(({ state }) => state !== 'sent')
        .map((entry) => {
          const taken = left !== null && !left.some(({ cid }) => cid === entry.cid);
          return { ...entry, attempted: taken && entry.state === 'queued', after: -1 };
        });
      // Another tab's, which nobody would find there any more.
      const others = (left ?? []).map((entry) => ({ ...entry, attempted: false, after: -1 }));
      const stored = loadPending(storage, next);
      const homeless = next === waiting ? [] : loadPending(storage, waiting);
      const old = place;
      place = next;
      list = [];
      change([...stored, ...homeless, ...unsent, ...others].reduce(pending.queued, list));
      for (const key of [waiting, old]) if (key !== null && key !== next) storage.remove(key);
      start();
    },
    connect(to) {
      let end = (): void => {};
      lost = new Promise((resolve) => {
        end = resolve;
      });
      link = to;
      start();
      return () => {
        if (link === to) link = null;
        end();
      };
    },
    fail(error) {
      const queued = list.filter(({ state }) => state === 'queued');
      change(queued.reduce((rest, { cid }) => pending.failed(rest, cid, error), list));
    },
    retryNow: pause.end,
    forget() {
      place = null;
      change([]);
    },
  };
}
