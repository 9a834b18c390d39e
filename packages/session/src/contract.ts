import type { Connect } from './connection.js';
import type {
  Exclusive,
  FetchToken,
  SessionClock,
  SessionCrypto,
  SessionStorage,
  WatchNetwork,
} from './ports.js';
import type { ChatSnapshot } from './snapshot.js';

export interface ChatSessionOptions {
  /** Storage key of this installation; identity is kept under `conversations-web-chat:<key>`. Default `default`. */
  key?: string;
  /** Tells two deployments on one origin apart; part of the identity. Default `''`. */
  appId?: string;
  /** Overrides the `realtimeUrl` of the token service's answer. */
  realtimeUrl?: string;
  /** Messages a page of history. Default 30. */
  pageSize?: number;
  /** The chat service, or how to load it: asked for when the token is there, and again after a failure. */
  connect: Connect | (() => Promise<Connect>);
  /** The token service. */
  fetchToken: FetchToken;
  storage: SessionStorage;
  clock: SessionClock;
  crypto: SessionCrypto;
  exclusive: Exclusive;
  watchNetwork: WatchNetwork;
}

/**
 * One visitor's conversation. Nothing is read, stored or sent before `start()`.
 */
export interface ChatSession {
  getSnapshot(): ChatSnapshot;
  /** Calls `listener` after each change; returns how to stop. */
  subscribe(listener: () => void): () => void;
  /** Signs in and opens the conversation, or makes one. Safe to call again. */
  start(): void;
  /** Takes the text at once and shows it as `sending`; delivers it when it can. Blank text is ignored. */
  send(text: string): void;
  /** Tries a failed message again. */
  retry(key: string): void;
  /** Forgets a failed message. */
  discard(key: string): void;
  /** The visitor is typing; call as often as you like. */
  typing(): void;
  loadOlder(): Promise<void>;
  /** Everything shown so far has been seen. */
  markRead(): void;
  /** Tries again now instead of at `retryAt`. */
  retryNow(): void;
  /** After `ended`: a fresh conversation for the same visitor. */
  startNew(): void;
  /** Forgets a notice that was shown. */
  dismissNotice(code: ChatSnapshot['notices'][number]): void;
  /** Text typed and not sent yet, kept per conversation. */
  draft: { read(): string; write(text: string): void };
  /** Ends everything that was started; returns within 3 s. */
  stop(): Promise<void>;
}
