import type { Attachments } from './attachments.js';
import { backoffDelay } from './backoff.js';
import { ConnectionError, connectionErrorCode, connectionErrorWait, type Upload } from './connection.js';
import { createCuttableWait } from './cuttable-wait.js';
import type { PendingMessage } from './pending.js';
import * as pending from './pending.js';
import type { Exclusive, SessionClock, SessionCrypto } from './ports.js';

/** With the 5 s of the question that follows, a dead line is found within 10 s of a send. */
const STALL_MS = 4_500;
/** Attempts to upload before the visitor is asked; what was written after it waits as long. */
const MAX_UPLOADS = 4;

/** The open conversation, as the outbox sees it. */
export interface OutboxLink {
  send(body: string, attributes: Record<string, unknown>, upload?: Upload): Promise<{ index: number | null }>;
  /** Reads all that came after `index` and tells the outbox by {@link Outbox.saw}. */
  readAfter(index: number): Promise<void>;
}

export interface DeliveryOptions {
  /** Storage key without the conversation: texts wait there until they have one. */
  key: string;
  clock: SessionClock;
  crypto: SessionCrypto;
  exclusive: Exclusive;
  /** The newest index known. */
  newestIndex(): number;
  /** A send has been on its way for 4.5 s: is the line dead? */
  onStall(): void;
  /** The service asks for patience until then, milliseconds since the epoch; `null`: no more. */
  onSlowed(until: number | null): void;
  /** The service will take nothing more for this conversation. */
  onClosed(reason: 'conversation_closed' | 'conversation_gone'): void;
}

/** The list of what waits, which its delivery changes. */
export interface Waiting {
  entries(): readonly PendingMessage[];
  change(next: readonly PendingMessage[]): void;
  /** As `change`, of what is not stored. */
  show(next: readonly PendingMessage[]): void;
  /** Brings it together with what other tabs have stored. */
  refresh(): void;
}

/**
 * Brings what waits to the service: one attempt at a time, in one tab at a time; an attempt whose outcome is not known
 * is looked for in the history before it is made again.
 */
export interface Delivery {
  /** There is something to deliver. */
  start(): void;
  /** Starts delivering; the returned function ends it. */
  connect(link: OutboxLink): () => void;
  /** What waits belongs to another conversation now. */
  moved(): void;
  /** Its files are on their way, and that can be ended without a trace. */
  isUploading(cid: string): boolean;
  /** Ends that; of whichever message, where none is named. */
  endUpload(cid?: string): void;
  /** The visitor wants it tried again: earlier failures count no more. */
  again(cid: string): void;
  retryNow(): void;
}

export function createDelivery(
  options: DeliveryOptions,
  attachments: Attachments,
  waiting: Waiting,
): Delivery {
  const { clock, crypto } = options;
  let link: OutboxLink | null = null;
  let running = false;
  /** What is to end when the link is lost. */
  const breaks = new Set<() => void>();
  /** What is to end when another link follows the lost one. */
  const follows = new Set<() => void>();
  /** The message whose files are on their way, as long as that can be ended without a trace. */
  let uploading: { cid: string; end(): void } | null = null;
  const failedUploads = new Map<string, number>();
  /** What the service asked to wait after the last attempt. */
  let asked: number | null = null;

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
      if (!waiting.entries().some(({ cid }) => cid === entry.cid)) return true;
    }
    if (link !== by) return true;
    return entry.files.length > 0 ? attemptFiles(entry, by) : attempt(entry, by);
  };

  /** Written before the frame leaves: whoever finds this entry after a crash must look before sending. */
  const leaves = (cid: string): void =>
    waiting.change(pending.attempting(waiting.entries(), cid, options.newestIndex()));

  const attempt = async (entry: PendingMessage, by: OutboxLink): Promise<boolean> => {
    const { cid, choice } = entry;
    leaves(cid);
    try {
      // Longer than the link: what it still keeps to send when it comes back, no other tab may send before.
      const work = by.send(entry.body, { cid, ...(choice && { choice }) });
      const { index } = await answered(work, follows);
      waiting.change(pending.acked(waiting.entries(), entry.cid, index));
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
        waiting.change(pending.failed(waiting.entries(), cid, contents));
        return true;
      }
      if (link !== by || controller.signal.aborted) return true;
      waiting.show(pending.progressed(waiting.entries(), cid, 'all', 0));
      const files = contents.flatMap((content, at) => {
        const { name, type } = entry.files[at] ?? { name: '', type: '' };
        // An image that was made smaller may be of another type.
        return { name, type: content.type || type, content };
      });
      const onProgress = (at: number, share: number): void => {
        waiting.show(pending.progressed(waiting.entries(), cid, at, Math.floor(share * 100) / 100));
      };
      const sending = by.send(body, { cid }, { files, onProgress, onUploaded, cancelled: controller.signal });
      // Without its link an upload ends; a message that has left is waited for, as a text is.
      const { index } = await whileLinked(sending, follows, () => uploading === upload);
      waiting.change(pending.acked(waiting.entries(), cid, index));
      return true;
    } catch (error) {
      const failures = (failedUploads.get(cid) ?? 0) + 1;
      const tired = uploading === upload && link === by && connectionErrorCode(error) !== 'refused';
      if (tired) failedUploads.set(cid, failures);
      if (!tired || failures < MAX_UPLOADS) return settle(entry, error);
      waiting.change(pending.failed(waiting.entries(), cid, 'upload_failed'));
      return true;
    } finally {
      uploading = null;
      breaks.delete(upload.end);
      cancelStall();
      waiting.show(pending.progressed(waiting.entries(), cid, 'all', null));
    }
  };

  const settle = ({ cid, attempted }: PendingMessage, error: unknown): boolean => {
    // Forgotten, discarded or seen meanwhile: what is said of it is of no more concern.
    if (!waiting.entries().some((entry) => entry.cid === cid)) return true;
    const code = connectionErrorCode(error) ?? 'unknown_outcome';
    switch (code) {
      case 'refused':
      case 'too_many':
        waiting.change(pending.failed(waiting.entries(), cid, 'refused'));
        return true;
      case 'closed':
      case 'not_found':
      case 'not_a_participant':
        waiting.change(pending.failed(waiting.entries(), cid, 'conversation_closed'));
        link = null;
        options.onClosed(code === 'closed' ? 'conversation_closed' : 'conversation_gone');
        return true;
      case 'not_sent':
        waiting.change(pending.notTaken(waiting.entries(), cid, attempted));
        return false;
      // A server error says nothing about what was stored before it happened.
      case 'busy':
        asked = connectionErrorWait(error);
        return false;
      case 'unknown_outcome':
        return false;
    }
  };

  // One message a turn: a turn has an end that way, which the lock counts on.
  const deliverNext = (by: OutboxLink): Promise<boolean> =>
    options.exclusive(`${options.key}:lock`, async () => {
      waiting.refresh();
      const entry = waiting.entries().find(({ state }) => state === 'queued');
      return entry && link === by ? deliver(entry, by) : true;
    });

  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (let failures = 0; link !== null && waiting.entries().some(({ state }) => state === 'queued'); ) {
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

  return {
    start: () => void run(),
    connect(to) {
      for (const end of [...follows]) end();
      link = to;
      void run();
      return () => {
        if (link === to) link = null;
        for (const broken of [...breaks]) broken();
        pause.end();
      };
    },
    moved() {
      for (const end of [...follows]) end();
    },
    isUploading: (cid) => uploading?.cid === cid,
    endUpload(cid = uploading?.cid) {
      if (uploading?.cid === cid) uploading?.end();
    },
    again: (cid) => void failedUploads.delete(cid),
    retryNow: pause.end,
  };
}
