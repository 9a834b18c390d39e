/**
 * One visitor's conversation over Twilio Conversations, without any user interface.
 *
 * @packageDocumentation
 */
export { createChatSession } from './chat-session.js';
export {
  type Connect,
  type Connection,
  ConnectionError,
  type ConnectionErrorCode,
  type ConnectionEvents,
  type ConversationEvents,
  type LinkState,
  type RemoteConversation,
  type RemoteMessage,
  type RemotePage,
} from './connection.js';
export type { ChatSession, ChatSessionOptions } from './contract.js';
export { MAX_BODY_BYTES } from './outbox.js';
export {
  type Exclusive,
  type FetchToken,
  type SessionClock,
  type SessionCrypto,
  type SessionStorage,
  type TokenGrant,
  type TokenRequest,
  TokenServiceError,
  type WatchNetwork,
} from './ports.js';
export {
  type ChatMessage,
  type ChatSnapshot,
  type ChatStatus,
  emptySnapshot,
  type MessageErrorCode,
  type NoticeCode,
  type ReasonCode,
} from './snapshot.js';
