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
  type FileContent,
  type LinkState,
  type RemoteConversation,
  type RemoteMedia,
  type RemoteMessage,
  type RemotePage,
  type RemoteParticipant,
  type Upload,
} from './connection.js';
export type {
  ChatSession,
  ChatSessionOptions,
  FilePolicy,
  OutgoingFile,
  StaffOptions,
  UserToken,
} from './contract.js';
export { MAX_BODY_BYTES } from './outbox.js';
export {
  type BringAlong,
  type Exclusive,
  type FetchToken,
  type FileStore,
  type OpenTabs,
  type SessionClock,
  type SessionCrypto,
  type SessionStorage,
  type ShrinkImage,
  type TabMessage,
  type Tabs,
  type TokenGrant,
  type TokenRequest,
  TokenServiceError,
  type WatchLeave,
  type WatchNetwork,
  type WatchPolicy,
  type WatchWake,
} from './ports.js';
export type { RichAction, RichContent, RichLink, RichReply } from './rich-content.js';
export { safeHref } from './safe-href.js';
export {
  type ChatAction,
  type ChatHappening,
  type ChatMedia,
  type ChatMessage,
  type ChatParticipant,
  type ChatRole,
  type ChatSnapshot,
  type ChatStatus,
  emptySnapshot,
  type MessageErrorCode,
  type NoticeCode,
  type ReasonCode,
} from './snapshot.js';
