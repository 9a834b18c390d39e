import { createAttachments } from './attachments.js';
import { backoffDelay } from './backoff.js';
import { isWellFormed, utf8Length } from './bytes.js';
import type { Choice } from './choices.js';
import { ConnectionError, connectionErrorCode, connectionErrorWait, type Upload } from './connection.js';
import type { FilePolicy, OutgoingFile } from './contract.js';
import { createCuttableWait } from './cuttable-wait.js';
import { loadPending, mergePending, savePending } from './outbox-storage.js';
import type { PendingMessage } from './pending.js';
import * as pending from './pending.js';
import type {
  Exclusive,
  FileStore,
  SessionClock,
  SessionCrypto,
  SessionStorage,
  ShrinkImage,
} from './ports.js';
import { shownFileName } from './shown-media.js';
import type { MessageErrorCode } from './snapshot.js';

/** Twilio's limit for a message body, in bytes of UTF-8. */
export const MAX_BODY_BYTES: number = 32 * 1024;

/** With the 5 s of the question that follows, a dead line is found within 10 s of a send. */
const STALL_MS = 4_500;
/** Attempts to upload before the visitor is asked; what was written after it waits as long. */
const MAX_UPLOADS = 4;
/** Trying again does not help: text and files are as they were. */
const FINAL: readonly (MessageErrorCode | null)[] = [
  'too_long',
  'malformed_text',
  'too_many_files',
  'file_empty',
  'file_too_large',
  'file_type_not_allowed',
  'file_missing',
];

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
  files?: FileStore;
  shrinkImage?: ShrinkImage;
  filePolicy?: FilePolicy;
  /** The newest index known. */
  newestIndex(): number;
  onChange(): void;
  /** A send has been on its way for 4.5 s: is the line dead? */
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
  /** Takes a text, and files or a choice, at once. Limits are checked here, because the SDK checks none. */
  add(body: string, more?: { files?: readonly OutgoingFile[]; choice?: Choice }): void;
  retry(cid: string): void;
  /** Forgets a failed message, or one with files as long as it is certain that the service does not have it. */
  discard(cid: string): void;
  /** Client ids of this visitor that were seen in the history. */
  saw(cids: Iterable<string>): void;
  /**
   * From now on entries are stored; those of this conversation, of `ended`, which was before it, and those without
   * one are read back.
   */
  open(conversationSid: string | null, ended?: string | null): void;
  /** What waits in that other place comes along. */
  adopt(conversationSid: string | null): void;
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
  let running = false;
  /** What is to end when the link is lost. */
  const breaks = new Set<() => void>();
  /** What is to end when another link follows the lost one. */
  const follows = new Set<() => void>();
  const attachments = createAttachments(options);
  /** The message whose files are on their way, as long as that can be ended without a trace. */
  let uploading: { cid: string; end(): void } | null = null;
  const failedUploads = new Map<string, number>();
  /** What the service asked to wait after the last attempt. */
  let asked: number | null = null;

  const change = (next: readonly PendingMessage[]): void => {
    if (next === list) return;
    const before = list;
    list = next;
    if (place !== null) savePending(storage, place, before, list);
    const waiting = new Set(list.filter(({ state }) => state !== 'sent').map(({ cid }) => cid));
    for (const { cid, files, state } of before) {
      if (files.length > 0 && state !== 'sent' && !waiting.has(cid)) attachments.forget(cid);
    }
    options.onChange();
  };
  /** Of progress storage knows nothing. */
  const show = (next: readonly PendingMessage[]): void => {
    list = next;
    options.onChange();
  };

  const pause = createCuttableWait(clock);

  /**
   * Settles as `work` does, unless the link is lost before; what comes later is not heard. `endsItself`: it is waited
   * for then.
   */
  const whileLinked = <T>(work: Promise<T>, until = breaks, endsItself = () => false): Promise<T> =>
    new Promise((resolve, reject) => {
      const broken = (): void => {
        if (endsItself()) return;
        reject(new ConnectionError('unknown_outcome', 'The link was lost while a message was on its way.'));
      };
      until.add(broken);
      void work.then(resolve, reject).finally(() => until.delete(broken));
    });

  const answered = <T>(work: Promise<T>, until = breaks): Promise<T> => {
    const cancelStall = clock.after(STALL_MS, options.onStall);
    return whileLinked(work, until).finally(cancelStall);
  };

  /** Resolves false when the attempt must be followed by a wait. */
  const deliver = async (entry: PendingMessage, by: OutboxLink): Promise<boolean> => {
    if (entry.attempted) {
      await answered(by.readAfter(entry.after));
      if (!list.some(({ cid }) => cid === entry.cid)) return true;
    }
    if (link !== by) return true;
    return entry.files.length > 0 ? attemptFiles(entry, by) : attempt(entry, by);
  };

  /** Written before the frame leaves: whoever finds this entry after a crash must look before sending. */
  const leaves = (cid: string): void => change(pending.attempting(list, cid, options.newestIndex()));

  const attempt = async (entry: PendingMessage, by: OutboxLink): Promise<boolean> => {
    const { cid, choice } = entry;
    leaves(cid);
    try {
      // Longer than the link: what it still keeps to send when it comes back, no other tab may send before.
      const work = by.send(entry.body, { cid, ...(choice && { choice }) });
      const { index } = await answered(work, follows);
      change(pending.acked(list, entry.cid, index));
      return true;
    } catch (error) {
      return settle(entry, error);
    }
  };

  const attemptFiles = async (entry: PendingMessage, by: OutboxLink): Promise<boolean> => {
    const { cid, body } = entry;
    const controller = new AbortController();
    const upload = { cid, end: () => controller.abort() };
    uploading = upload;
    let cancelStall = (): void => {};
    // Large files fill a thin line: whether it is alive is asked when the message itself has left.
    const onUploaded = (): void => {
      uploading = null;
      breaks.delete(upload.end);
      cancelStall = clock.after(STALL_MS, options.onStall);
      leaves(cid);
    };
    breaks.add(upload.end);
    try {
      const contents = await attachments.read(entry);
      if (typeof contents === 'string') {
        change(pending.failed(list, cid, contents));
        return true;
      }
      if (link !== by || controller.signal.aborted) return true;
      show(pending.progressed(list, cid, 'all', 0));
      const files = contents.flatMap((content, at) => {
        const { name, type } = entry.files[at] ?? { name: '', type: '' };
        // An image that was made smaller may be of another type.
        return { name, type: content.type || type, content };
      });
      const onProgress = (at: number, share: number): void => {
        show(pending.progressed(list, cid, at, Math.floor(share * 100) / 100));
      };
      const sending = by.send(body, { cid }, { files, onProgress, onUploaded, cancelled: controller.signal });
      // Without its link an upload ends; a message that has left is waited for, as a text is.
      const { index } = await whileLinked(sending, follows, () => uploading === upload);
      change(pending.acked(list, cid, index));
      return true;
    } catch (error) {
      const failures = (failedUploads.get(cid) ?? 0) + 1;
      const tired = uploading === upload && link === by && connectionErrorCode(error) !== 'refused';
      if (tired) failedUploads.set(cid, failures);
      if (!tired || failures < MAX_UPLOADS) return settle(entry, error);
      change(pending.failed(list, cid, 'upload_failed'));
      return true;
    } finally {
      uploading = null;
      breaks.delete(upload.end);
      cancelStall();
      show(pending.progressed(list, cid, 'all', null));
    }
  };

  const settle = ({ cid, attempted }: PendingMessage, error: unknown): boolean => {
    // Forgotten, discarded or seen meanwhile: what is said of it is of no more concern.
    if (!list.some((entry) => entry.cid === cid)) return true;
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
      await pause.wait(delay);
      if (asked !== null) options.onSlowed(null);
    }
    running = false;
  };
  const start = (): void => void run();

  return {
    entries: () => list,
    add(text, { files = [], choice } = {}) {
      const body = text.trim();
      if (body === '' && files.length === 0) return;
      const error = textError(body) ?? attachments.check(files);
      const cid = crypto.randomId();
      change(
        pending.queued(list, {
          cid,
          body,
          at: clock.now(),
          state: error ? 'failed' : 'queued',
          index: null,
          error,
          attempted: false,
          after: options.newestIndex(),
          files: files.map(({ name, type, size }) => {
            return { name: shownFileName(name), type, size, progress: null };
          }),
          kept: files.length === 0,
          ...(choice && { choice }),
        }),
      );
      if (files.length > 0 && error === null) {
        void attachments.keep(cid, files).then((kept) => {
          if (kept && list.some((entry) => entry.cid === cid)) change(pending.kept(list, cid));
        });
      }
      start();
    },
    retry(cid) {
      const entry = list.find((candidate) => candidate.cid === cid);
      if (!entry || FINAL.includes(entry.error)) return;
      failedUploads.delete(cid);
      change(pending.retried(list, cid));
      start();
    },
    discard(cid) {
      const entry = list.find((candidate) => candidate.cid === cid);
      if (!entry) return;
      const underWay = uploading?.cid === cid ? uploading : null;
      const unsent = entry.files.length > 0 && entry.state === 'queued' && !entry.attempted;
      if (entry.state !== 'failed' && !unsent && !underWay) return;
      change(pending.dropped(list, cid));
      underWay?.end();
    },
    saw(cids) {
      let next = list;
      for (const cid of cids) next = pending.dropped(next, cid);
      change(next);
    },
    open(conversationSid, ended = null) {
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
      // Storage says of these that their files are missing, which are here.
      const here = new Map(unsent.filter(({ kept }) => !kept).map((entry) => [entry.cid, entry]));
      // Another tab's, which nobody would find there any more.
      const over = ended === null ? waiting : `${waiting}:${ended}`;
      const orphans = over === next || over === place || over === waiting ? [] : loadPending(storage, over);
      const others = [...(left ?? []), ...orphans].map((entry) => ({
        ...entry,
        attempted: false,
        after: -1,
      }));
      const stored = loadPending(storage, next);
      const homeless = next === waiting ? [] : loadPending(storage, waiting);
      const old = place;
      place = next;
      list = [];
      const all = [...stored, ...homeless, ...unsent, ...others];
      change(all.map((entry) => here.get(entry.cid) ?? entry).reduce(pending.queued, list));
      for (const key of [waiting, old, over]) if (key !== null && key !== next) storage.remove(key);
      // An answer that is still to come is about the conversation before.
      for (const end of [...follows]) end();
      start();
    },
    adopt(conversationSid) {
      const waiting = `${options.key}:outbox`;
      const from = conversationSid === null ? waiting : `${waiting}:${conversationSid}`;
      if (place === null || from === place) return;
      // What is known of their attempts is about the conversation they were made in.
      const found = loadPending(storage, from).map((entry) => ({ ...entry, attempted: false, after: -1 }));
      change(found.reduce(pending.queued, list));
      storage.remove(from);
      start();
    },
    connect(to) {
      for (const end of [...follows]) end();
      link = to;
      start();
      return () => {
        if (link === to) link = null;
        for (const broken of [...breaks]) broken();
        pause.end();
      };
    },
    fail(error) {
      const queued = list.filter(({ state }) => state === 'queued');
      change(queued.reduce((rest, { cid }) => pending.failed(rest, cid, error), list));
    },
    retryNow: pause.end,
    forget() {
      place = null;
      uploading?.end();
      change([]);
      attachments.forgetAll();
    },
  };
}

function textError(body: string): MessageErrorCode | null {
  if (!isWellFormed(body)) return 'malformed_text';
  return utf8Length(body) > MAX_BODY_BYTES ? 'too_long' : null;
}
