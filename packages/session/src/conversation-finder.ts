import {
  type Connection,
  ConnectionError,
  connectionErrorCode,
  type RemoteConversation,
} from './connection.js';
import type { SessionCrypto } from './ports.js';
import { conversationName, type VisitorStore } from './visitor.js';

const MAX_NAMES = 3;
/** Each was begun by another tab and is over already. */
const MAX_OVER = 5;

/** The service answered that this visitor has no such conversation; anything else is only trouble. */
export function isGone(error: unknown): boolean {
  const code = connectionErrorCode(error);
  return code === 'not_found' || code === 'not_a_participant';
}

interface FinderOptions {
  connection: Connection;
  visitors: VisitorStore;
  crypto: SessionCrypto;
  /** A conversation that the token service made for this visitor; `null` where it makes none. */
  offered: string | null;
  /** Asks the token service for the one after `ended`, which is over. */
  another(ended: string): Promise<string | null>;
  /** A conversation that is over: not to be opened again. */
  retired: string | null;
  /** The stored conversation is gone. Throws to keep a new one from being made. */
  onGone(): void;
  /** False when nobody waits for it any more: then a late answer has no effect. */
  wanted(): boolean;
}

/**
 * Opens the visitor's conversation, or sees to it that there is another one. Where the token service makes them, it
 * is asked. Otherwise this makes one: in one tab at a time, under a name that makes a second attempt find what the
 * first one made.
 */
export async function findConversation(unbound: FinderOptions): Promise<RemoteConversation> {
  const options = { ...unbound, visitors: boundTo(unbound.visitors, unbound.wanted) };
  const { connection, visitors, retired, offered } = options;
  const stored = visitors.read()?.conversationSid ?? null;
  let gone: string | null = retired;
  if (stored !== null && stored !== retired) {
    try {
      return remember(visitors, await connection.open(stored));
    } catch (error) {
      if (!isGone(error)) throw error;
      // Not for whoever does not wait any more.
      visitors.read();
      options.onGone();
      gone = stored;
    }
  }
  if (offered !== null) return openOffered(options, offered, gone);
  return visitors.exclusive(async () => {
    const now = visitors.read()?.conversationSid ?? null;
    if (now !== null && now !== gone) return connection.open(now);
    if (gone !== null) leaveBehind(visitors, gone);
    return remember(visitors, await create(options));
  });
}

/**
 * Two tabs are offered the same one, so that no tab has to wait for another one's request here: the lock is held for
 * what is stored alone.
 */
async function openOffered(
  options: FinderOptions,
  offered: string,
  gone: string | null,
): Promise<RemoteConversation> {
  const { connection, visitors, retired } = options;
  let over = gone;
  let next: string | null = offered;
  for (let attempt = 0; attempt < MAX_OVER && next !== null; attempt += 1) {
    let opened = next === over ? null : await openIfThere(connection, next);
    // The visitor has ended it, and could not leave it then.
    if (opened && isLeaving(visitors, opened) && (await hasLeft(opened))) opened = null;
    // Over, and the visitor has not asked for another one, here or before a reload: it is theirs to read.
    const unasked = attempt === 0 && retired === null && next !== visitors.read()?.endedConversationSid;
    if (opened && (!opened.closed || unasked))
      return visitors.exclusive(async () => remember(visitors, opened));
    // The service does not know yet what this visitor knows.
    if (attempt > 0 && next === over) break;
    const left: string = next;
    over = left;
    await visitors.exclusive(async () => leaveBehind(visitors, left));
    next = await options.another(left);
  }
  // Offered again because it is still open: to whoever may not leave it there is no other one.
  const leaving = visitors.read()?.leavingConversationSid ?? null;
  const still = leaving !== null && leaving === over ? await openIfThere(connection, leaving) : null;
  if (still && !still.closed && !(await hasLeft(still))) {
    return visitors.exclusive(async () => remember(visitors, still));
  }
  throw new ConnectionError('busy', 'The token service offers no conversation that can be used.');
}

function isLeaving(visitors: VisitorStore, { sid }: RemoteConversation): boolean {
  return visitors.read()?.leavingConversationSid === sid;
}

/** False when the service does not let this visitor leave. */
async function hasLeft(conversation: RemoteConversation): Promise<boolean> {
  try {
    await conversation.leave();
  } catch (error) {
    if (connectionErrorCode(error) === 'refused') return false;
    if (!isGone(error)) throw error;
  }
  return true;
}

async function openIfThere(connection: Connection, sid: string): Promise<RemoteConversation | null> {
  try {
    return await connection.open(sid);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/**
 * What is found for one visitor is not remembered as another one's, who came while it was looked for, and what nobody
 * waits for any more not at all: reading throws then.
 */
function boundTo(visitors: VisitorStore, wanted: () => boolean): VisitorStore {
  const uuid = visitors.read()?.uuid;
  const read: VisitorStore['read'] = () => {
    const visitor = visitors.read();
    if (visitor?.uuid !== uuid || !wanted())
      throw new ConnectionError('not_sent', 'Nobody waits for this conversation any more.');
    return visitor;
  };
  const update: VisitorStore['update'] = (change) => {
    read();
    return visitors.update(change);
  };
  return { ...visitors, read, update };
}

async function create({ connection, visitors, crypto }: FinderOptions): Promise<RemoteConversation> {
  const visitor = visitors.read();
  if (!visitor) throw new Error('A conversation is made before there is a visitor.');
  for (let attempt = 0; attempt < MAX_NAMES; attempt += 1) {
    try {
      // Whoever knows a user's identity can take the names that follow from it, and would keep them from chatting.
      const random = visitor.secret === null && attempt === MAX_NAMES - 1;
      const uniqueName = random ? `w_${crypto.randomId()}` : conversationName(visitor, crypto, attempt);
      return await connection.create({ uniqueName });
    } catch (error) {
      // The name is taken by a conversation that this visitor cannot enter, or that was closed before they did, and
      // never will be free again.
      if (!isGone(error) && connectionErrorCode(error) !== 'closed') throw error;
    }
  }
  throw new ConnectionError('refused', 'No conversation can be made for this visitor.');
}

/** Remembers that a conversation is over, so that nothing opens it again. */
export function leaveBehind(visitors: VisitorStore, over: string): void {
  visitors.update((visitor) => ({
    ...visitor,
    conversationSid: visitor.conversationSid === over ? null : visitor.conversationSid,
    endedConversationSid: over,
  }));
}

function remember(visitors: VisitorStore, conversation: RemoteConversation): RemoteConversation {
  if (visitors.read()?.conversationSid !== conversation.sid) {
    visitors.update((visitor) => ({
      ...visitor,
      conversationSid: conversation.sid,
      leavingConversationSid: isLeaving(visitors, conversation) ? null : visitor.leavingConversationSid,
    }));
  }
  return conversation;
}
