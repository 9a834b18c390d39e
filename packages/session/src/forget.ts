import { loadPending } from './outbox-storage.js';
import type { FileStore, SessionClock, SessionStorage } from './ports.js';
import { withTimeLimit } from './time-limit.js';
import { ORIGINAL_KEYS, type Visitor } from './visitor.js';

/**
 * Every part of a session that remembers something of the visitor, each with how it drops that: from then on it writes
 * nothing before it is opened again. Whoever makes a part that remembers names it here.
 */
export interface Remembering {
  visitors(): void;
  signIn(): void;
  conversation(): void;
  history(): void;
  remembered(): void;
  outbox(): void;
  draft(): void;
  reading(): void;
  typing(): void;
  unseen(): void;
  notices(): void;
  people(): void;
  rich(): void;
  names(): void;
}

/** What there is to take away beside what the parts have in memory. */
export interface Remembered {
  /** The prefix of all that this installation stores. */
  name: string;
  storage: SessionStorage;
  files?: FileStore;
}

/** Long enough for a line that is alive, and with what closing takes less than the four seconds of a promise. */
const LEAVE_LIMIT_MS = 700;
const FILES_LIMIT_MS = 3_000;

/**
 * Makes this page and this browser know nobody, at once: whoever comes in the next moment, here or in another tab,
 * writes what must not be taken away then. By key and not by part, so that nothing stays that a part has lost sight of.
 */
export function forgetAll({ name, storage, files }: Remembered, parts: Remembering): Promise<void> {
  forgetHere(parts);
  const isOurs = (key: string): boolean => key === name || key.startsWith(`${name}:`);
  for (const key of storage.keys()) if (isOurs(key)) storage.remove(key);
  for (const key of ORIGINAL_KEYS) storage.remove(key);
  return files?.clear(`${name}:`) ?? Promise.resolve();
}

/** First, so that none of them writes again what is taken away. */
function forgetHere(parts: Remembering): void {
  for (const forget of Object.values<() => void>({ ...parts })) forget();
}

/**
 * Takes away what is stored of one visitor, where somebody else may have begun to chat already: all that speaks of them
 * or of their conversation.
 */
export async function forgetVisitor(
  { name, storage, files }: Remembered,
  { uuid, conversationSid }: Pick<Visitor, 'uuid' | 'conversationSid'>,
  parts?: Remembering,
): Promise<void> {
  if (parts) forgetHere(parts);
  const cids: string[] = [];
  for (const key of storage.keys()) {
    if (!key.startsWith(`${name}:`)) continue;
    const text = `${key} ${storage.read(key)}`;
    if (!text.includes(uuid) && !(conversationSid && text.includes(conversationSid))) continue;
    if (key.startsWith(`${name}:outbox:`)) cids.push(...loadPending(storage, key).map(({ cid }) => cid));
    storage.remove(key);
  }
  await Promise.all(cids.map((cid) => files?.clear(`${name}:file:${cid}:`)));
}

/**
 * The order in which a chat is forgotten: nothing is sent any more, the conversation is left, the other tabs hear of it,
 * the connection is closed, and everything goes. All of it begins at once, so that whoever comes in the next moment is
 * not taken for who was here. `told`: another tab has begun it.
 */
export function createForgetMe(options: {
  clock: SessionClock;
  remembered: Remembered;
  parts: Remembering;
  /** The visitor of this page, if somebody else has come to what is stored since. */
  replaced(): Pick<Visitor, 'uuid' | 'conversationSid'> | null;
  /** Nothing is sent any more. */
  interrupt(): void;
  /** `null` where there is nothing to leave. */
  leave(): Promise<void> | null;
  tellOthers(): void;
  /** Closes the connection when `before` has settled. */
  stop(before?: Promise<void>): Promise<void>;
  /** Takes away what the chat service's script left behind. */
  tidy?: () => void;
}): (told?: boolean) => Promise<void> {
  const { clock, remembered, parts } = options;
  const within = (ms: number, work: Promise<void>): Promise<void> =>
    withTimeLimit(work, ms, clock, () => new Error('It took too long.')).catch(() => {});

  return async (told = false) => {
    options.interrupt();
    const leaving = told ? null : options.leave();
    if (!told) options.tellOthers();
    // A tab that slept hears of it late: what is stored now may be somebody else's.
    const old = told ? options.replaced() : null;
    const closing = options.stop(leaving ? within(LEAVE_LIMIT_MS, leaving) : undefined);
    const files = old ? forgetVisitor(remembered, old, parts) : forgetAll(remembered, parts);
    await Promise.all([closing, within(FILES_LIMIT_MS, files)]);
    options.tidy?.();
  };
}
