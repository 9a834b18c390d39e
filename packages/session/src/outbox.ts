import { createAttachments } from './attachments.js';
import { isWellFormed, utf8Length } from './bytes.js';
import type { Choice } from './choices.js';
import type { FilePolicy, OutgoingFile } from './contract.js';
import { createDelivery, type Delivery, type DeliveryOptions } from './delivery.js';
import { loadPending, mergePending, savePending } from './outbox-storage.js';
import type { PendingMessage } from './pending.js';
import * as pending from './pending.js';
import type { FileStore, SessionStorage, ShrinkImage } from './ports.js';
import { shownFileName } from './shown-media.js';
import type { MessageErrorCode } from './snapshot.js';

/** Twilio's limit for a message body, in bytes of UTF-8. */
export const MAX_BODY_BYTES: number = 32 * 1024;

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

export interface OutboxOptions extends DeliveryOptions {
  storage: SessionStorage;
  files?: FileStore;
  shrinkImage?: ShrinkImage;
  filePolicy?: FilePolicy;
  onChange(): void;
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
  connect: Delivery['connect'];
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
  const attachments = createAttachments(options);
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

  const delivery = createDelivery(options, attachments, {
    entries: () => list,
    change,
    show,
    // Each turn begins with what is stored: other tabs write it, too.
    refresh() {
      if (place !== null && storage.lasting) change(mergePending(list, loadPending(storage, place)));
    },
  });

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
      delivery.start();
    },
    retry(cid) {
      const entry = list.find((candidate) => candidate.cid === cid);
      if (!entry || FINAL.includes(entry.error)) return;
      delivery.again(cid);
      change(pending.retried(list, cid));
      delivery.start();
    },
    discard(cid) {
      const entry = list.find((candidate) => candidate.cid === cid);
      if (!entry) return;
      const unsent = entry.files.length > 0 && entry.state === 'queued' && !entry.attempted;
      if (entry.state !== 'failed' && !unsent && !delivery.isUploading(cid)) return;
      change(pending.dropped(list, cid));
      delivery.endUpload(cid);
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
      // In the order they were written: what waits for any conversation was left there by the page before this one,
      // or by this one, which may know of more that another tab took along.
      const own = place === null ? [...homeless, ...unsent] : [...unsent, ...homeless];
      const all = [...stored, ...own, ...others];
      place = next;
      list = [];
      const gathered = all.map((entry) => here.get(entry.cid) ?? entry).reduce(pending.queued, list);
      // What another tab took along may come from a conversation that is over: there only its time tells its place.
      change([...gathered].sort((one, other) => one.at - other.at));
      for (const key of [waiting, old, over]) if (key !== null && key !== next) storage.remove(key);
      // An answer that is still to come is about the conversation before.
      delivery.moved();
      delivery.start();
    },
    adopt(conversationSid) {
      const waiting = `${options.key}:outbox`;
      const from = conversationSid === null ? waiting : `${waiting}:${conversationSid}`;
      if (place === null || from === place) return;
      // What is known of their attempts is about the conversation they were made in.
      const found = loadPending(storage, from).map((entry) => ({ ...entry, attempted: false, after: -1 }));
      if (found.length > 0) {
        change([...found.reduce(pending.queued, list)].sort((one, other) => one.at - other.at));
      }
      storage.remove(from);
      delivery.start();
    },
    connect: delivery.connect,
    fail(error) {
      const queued = list.filter(({ state }) => state === 'queued');
      change(queued.reduce((rest, { cid }) => pending.failed(rest, cid, error), list));
    },
    retryNow: delivery.retryNow,
    forget() {
      place = null;
      delivery.endUpload();
      change([]);
      attachments.forgetAll();
    },
  };
}

function textError(body: string): MessageErrorCode | null {
  if (!isWellFormed(body)) return 'malformed_text';
  return utf8Length(body) > MAX_BODY_BYTES ? 'too_long' : null;
}
