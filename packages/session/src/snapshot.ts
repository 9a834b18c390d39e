/**
 * The chat as a user interface sees it: plain, immutable data. Each change makes a new snapshot; what did not
 * change keeps its identity.
 */

/**
 * - `idle`: nothing has been asked of the network yet
 * - `starting`: signing in, opening the conversation
 * - `online`: live
 * - `reconnecting`: the connection was lost and is being made again
 * - `offline`: the browser says that there is no network
 * - `ended`: this conversation takes no more messages; a new one can be started
 * - `blocked`: this visitor or page may not chat here; trying again does not help
 * - `failed`: it did not start; `retryAt` says when it tries again by itself
 */
export type ChatStatus =
  | 'idle'
  | 'starting'
  | 'online'
  | 'reconnecting'
  | 'offline'
  | 'ended'
  | 'blocked'
  | 'failed';

/** Why the status is what it is: a stable code, for which the user interface has a sentence. */
export type ReasonCode =
  | 'token_service_unreachable'
  | 'token_service_error'
  | 'token_rejected'
  | 'rate_limited'
  | 'identity_rejected'
  | 'origin_not_allowed'
  | 'banned'
  | 'human_check_required'
  | 'insecure_context'
  | 'connection_lost'
  | 'connection_failed'
  | 'conversation_closed'
  | 'conversation_gone'
  | 'unexpected';

/** Why one message was not delivered. */
export type MessageErrorCode = 'too_long' | 'malformed_text' | 'refused' | 'conversation_closed';

export interface ChatMessage {
  /** Stable for the life of the bubble: the client id while sending and after; the SID for others' messages. */
  key: string;
  /** Twilio's SID; `null` until the service has it. */
  sid: string | null;
  /** Place in the conversation; `null` until the service has it. */
  index: number | null;
  author: string;
  /** Written by this visitor, under the present or an earlier identity. */
  own: boolean;
  body: string;
  /** Milliseconds since the epoch; the service's time once it is known. */
  at: number;
  state: 'sending' | 'sent' | 'failed';
  error: MessageErrorCode | null;
  edited: boolean;
}

/** Something the visitor should be told once, that is not a state. */
export type NoticeCode = 'previous_chat_gone' | 'storage_blocked';

export interface ChatSnapshot {
  status: ChatStatus;
  reason: ReasonCode | null;
  /** When the session tries again by itself, milliseconds since the epoch. */
  retryAt: number | null;
  notices: readonly NoticeCode[];
  identity: string | null;
  conversationSid: string | null;
  /** Oldest first: by index, then what is still being sent. */
  messages: readonly ChatMessage[];
  /** Older messages exist that have not been read yet. */
  hasOlder: boolean;
  loadingOlder: boolean;
  /** The first page of history has been read. */
  historyLoaded: boolean;
  /** Identities that are typing now, without this visitor's own. */
  typing: readonly string[];
}

export const emptySnapshot: ChatSnapshot = {
  status: 'idle',
  reason: null,
  retryAt: null,
  notices: [],
  identity: null,
  conversationSid: null,
  messages: [],
  hasOlder: false,
  loadingOlder: false,
  historyLoaded: false,
  typing: [],
};
