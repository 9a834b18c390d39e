import {
  type Connection,
  ConnectionError,
  connectionErrorCode,
  type RemoteConversation,
} from './connection.js';
import type { SessionCrypto } from './ports.js';
import { conversationName, type VisitorStore } from './visitor.js';

const MAX_NAMES = 3;

/** The service answered that this visitor has no such conversation; anything else is only trouble. */
export function isGone(error: unknown): boolean {
  const code = connectionErrorCode(error);
  return code === 'not_found' || code === 'not_a_participant';
}

/**
 * Opens the visitor's conversation, or makes one: in one tab at a time, under a name that makes a second attempt
 * find what the first one made.
 */
export async function findConversation(options: {
  connection: Connection;
  visitors: VisitorStore;
  crypto: SessionCrypto;
  /** A conversation that the token service made for this visitor. */
  offered: string | null;
  /** A conversation that is over: not to be opened again. */
  retired: string | null;
  /** The stored conversation is gone. Throws to keep a new one from being made. */
  onGone(): void;
}): Promise<RemoteConversation> {
  const { connection, visitors, retired } = options;
  const stored = visitors.read()?.conversationSid ?? options.offered;
  let gone: string | null = retired;
  if (stored !== null && stored !== retired) {
    try {
      return remember(visitors, await connection.open(stored));
    } catch (error) {
      if (!isGone(error)) throw error;
      options.onGone();
      gone = stored;
    }
  }
  return visitors.exclusive(async () => {
    const now = visitors.read()?.conversationSid ?? null;
    if (now !== null && now !== gone) return connection.open(now);
    if (gone !== null) {
      const over = gone;
      visitors.update((visitor) => ({ ...visitor, conversationSid: null, endedConversationSid: over }));
    }
    return remember(visitors, await create(options));
  });
}

async function create(options: {
  connection: Connection;
  visitors: VisitorStore;
  crypto: SessionCrypto;
}): Promise<RemoteConversation> {
  const visitor = options.visitors.read();
  if (!visitor) throw new Error('A conversation is made before there is a visitor.');
  for (let attempt = 0; attempt < MAX_NAMES; attempt += 1) {
    try {
      const uniqueName = conversationName(visitor, options.crypto, attempt);
      return await options.connection.create({ uniqueName });
    } catch (error) {
      // The name is taken by a conversation that this visitor cannot enter, and never will be free again.
      if (!isGone(error)) throw error;
    }
  }
  throw new ConnectionError('refused', 'No conversation can be made for this visitor.');
}

function remember(visitors: VisitorStore, conversation: RemoteConversation): RemoteConversation {
  if (visitors.read()?.conversationSid !== conversation.sid) {
    visitors.update((visitor) => ({ ...visitor, conversationSid: conversation.sid }));
  }
  return conversation;
}
