import type { RichContent } from './rich-content.js';

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
  | 'realtime_url_invalid'
  | 'blocked_by_policy'
  | 'conversation_closed'
  | 'conversation_gone'
  | 'ended_by_visitor'
  | 'too_many_conversations'
  | 'creation_refused'
  | 'user_token_unavailable'
  | 'user_token_rejected'
  | 'unexpected';

/**
 * What the visitor can do now, for the user interface to offer:
 *
 * - `write`: what is written is taken, and delivered now or later
 * - `retry_now`: `retryNow()` tries at once what would be tried later, or not at all
 * - `start_new`: `startNew()` begins another conversation
 * - `end_chat`: `endChat()` ends this one
 */
export type ChatAction = 'write' | 'retry_now' | 'start_new' | 'end_chat';

/** Why one message was not delivered. */
export type MessageErrorCode =
  | 'too_long'
  | 'malformed_text'
  | 'refused'
  | 'conversation_closed'
  | 'too_many_files'
  | 'file_empty'
  | 'file_too_large'
  | 'file_type_not_allowed'
  | 'file_missing'
  | 'upload_failed';

/**
 * Who wrote or takes part, by what the site configured and never by what they say of themselves. `other`: nobody that
 * the configuration names.
 */
export type ChatRole = 'visitor' | 'bot' | 'agent' | 'other';

/** A file of a message. */
export interface ChatMedia {
  /** Twilio's SID; `null` until the service has it. */
  sid: string | null;
  /** Fit to be shown: without control and direction characters, and not longer than a line. */
  name: string;
  /** The media type, as whoever sent it says. */
  type: string;
  /** Bytes. */
  size: number;
  /** The share that has been uploaded, 0 to 1; `null` when it is not on its way. */
  progress: number | null;
  /** An image of a kind that may be shown in place; anything else is a link to download. */
  inline: boolean;
}

export interface ChatMessage {
  /** Stable for the life of the bubble: the client id while sending and after; the SID for others' messages. */
  key: string;
  /** Twilio's SID; `null` until the service has it. */
  sid: string | null;
  /** Place in the conversation; `null` until the service has it. */
  index: number | null;
  author: string;
  role: ChatRole;
  /** Written by this visitor, under the present or an earlier identity. */
  own: boolean;
  body: string;
  /** Milliseconds since the epoch; the service's time once it is known. */
  at: number;
  state: 'sending' | 'sent' | 'failed';
  error: MessageErrorCode | null;
  edited: boolean;
  media: readonly ChatMedia[];
  /** Buttons, cards and lists; `null` for plain text, and while they are being read. */
  content: RichContent | null;
  /** The id of what this visitor chose of the content: the other choices count no more. `null` for nothing yet. */
  chosen: string | null;
}

/**
 * Somebody in the conversation, or who was in it or wrote to it, so that what they wrote keeps its name. The visitor is
 * one of them.
 */
export interface ChatParticipant {
  identity: string;
  role: ChatRole;
  /** `null` when none is known. */
  name: string | null;
  present: boolean;
}

/** Something that happened between two messages. */
export interface ChatHappening {
  key: string;
  kind: 'joined' | 'left' | 'handed_over';
  /** Who came, left, or took over; `null` where no agent has taken over yet. */
  identity: string | null;
  /** Milliseconds since the epoch. */
  at: number;
  /** The newest message at that time; -1 for none. */
  afterIndex: number;
}

/** Something the visitor should be told once, that is not a state. */
export type NoticeCode = 'previous_chat_gone' | 'identity_expired' | 'storage_blocked';

export interface ChatSnapshot {
  status: ChatStatus;
  reason: ReasonCode | null;
  /** When the session tries again by itself, milliseconds since the epoch. */
  retryAt: number | null;
  can: readonly ChatAction[];
  notices: readonly NoticeCode[];
  identity: string | null;
  /** The visitor is logged in at the site, and is the same one on every device. */
  verified: boolean;
  conversationSid: string | null;
  /** Oldest first: by index, then what is still being sent. A window on long conversations. */
  messages: readonly ChatMessage[];
  /** The messages are those remembered from the last visit; the service has not been asked yet. */
  remembered: boolean;
  /** Older messages exist that have not been read yet. */
  hasOlder: boolean;
  loadingOlder: boolean;
  /** The window ends before the newest message; `loadNewer()` moves it, `showLatest()` goes to the end. */
  hasNewer: boolean;
  loadingNewer: boolean;
  /** The first page of history has been read. */
  historyLoaded: boolean;
  /** Identities that are typing now, without this visitor's own. */
  typing: readonly string[];
  participants: readonly ChatParticipant[];
  /** The last 50 while this page was open. */
  happenings: readonly ChatHappening[];
  /** Messages of others after the last one that this visitor has seen, in any tab. */
  unread: number;
  /** The last message that this visitor has seen, in any tab; -1 for none. */
  readTo: number;
  /** The last message of this visitor that an agent or a bot has seen; -1 for none. */
  seenTo: number;
}

export const emptySnapshot: ChatSnapshot = {
  status: 'idle',
  reason: null,
  retryAt: null,
  can: [],
  notices: [],
  identity: null,
  verified: false,
  conversationSid: null,
  messages: [],
  remembered: false,
  hasOlder: false,
  loadingOlder: false,
  hasNewer: false,
  loadingNewer: false,
  historyLoaded: false,
  typing: [],
  participants: [],
  happenings: [],
  unread: 0,
  readTo: -1,
  seenTo: -1,
};
