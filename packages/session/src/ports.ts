import type { FileContent } from './connection.js';

/** What a session needs of its surroundings. `browser/` fills these; tests pass their own. */

export interface SessionClock {
  now(): number;
  /** Milliseconds of a clock that nobody sets; it may stand still while the machine sleeps. Absent: `now` serves. */
  steady?(): number;
  /** Runs `task` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** Text by key. Never throws: blocked storage behaves as an empty one that forgets. */
export interface SessionStorage {
  read(key: string): string | null;
  write(key: string, value: string): void;
  remove(key: string): void;
  /** All keys that hold a value, also those of others: forgetting looks for its own among them. */
  keys(): readonly string[];
  /** False when the values do not outlive the page. */
  readonly lasting: boolean;
  /** True when lasting storage was asked for and the browser refused it: the visitor is told once. */
  readonly blocked?: boolean;
}

/** Runs `work` while no other tab runs work under the same name. */
export type Exclusive = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Random bytes and SHA-256, because plain-http pages have no `crypto.subtle`. */
export interface SessionCrypto {
  randomBytes(length: number): Uint8Array;
  randomId(): string;
  sha256(bytes: Uint8Array): Uint8Array;
  /** False on a page where the SDK cannot run (plain http on another host than this machine). Absent: it can. */
  readonly secureContext?: boolean;
}

export interface TokenGrant {
  token: string;
  identity: string;
  /** Seconds from receipt; `null` when the service did not say. */
  expiresIn: number | null;
  realtimeUrl: string | null;
  conversationSid: string | null;
}

/**
 * Why the token service gave no token. `status` is `null` when nothing answered (network, timeout, redirect);
 * `code` is the service's own error code, `null` when the answer was not in its format.
 */
export class TokenServiceError extends Error {
  override readonly name = 'TokenServiceError';
  readonly status: number | null;
  readonly code: string | null;
  /** Seconds the service asked to wait. */
  readonly retryAfter: number | null;
  /** The service's clock, Unix seconds. */
  readonly serverTime: number | null;

  constructor(
    message: string,
    answer: { status?: number; code?: string; retryAfter?: number; serverTime?: number } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.status = answer.status ?? null;
    this.code = answer.code ?? null;
    this.retryAfter = answer.retryAfter ?? null;
    this.serverTime = answer.serverTime ?? null;
  }
}

/** What the token service is asked. */
export interface TokenRequest {
  /** Of a logged-in visitor: the one that follows from the token's issuer and subject. */
  identity: string;
  /** That the identity is theirs; absent for a user. */
  proof?: string;
  /** The site's signed word of who is logged in. */
  userToken?: string;
  /** The conversation that this visitor leaves behind because it is over: where the service makes conversations, it
   * makes another one. */
  ended?: string;
}

/** Asks the token service. Rejects with a {@link TokenServiceError}. */
export type FetchToken = (request: TokenRequest) => Promise<TokenGrant>;

/**
 * Takes conversations along to another identity. Both reject with a {@link TokenServiceError}; neither is asked where
 * there is nothing to take along.
 */
export interface BringAlong {
  /** A visitor has logged in: the user takes the anonymous visitor's place in the conversation. */
  claim(request: {
    identity: string;
    proof: string;
    userToken: string;
    conversationSid: string;
  }): Promise<void>;
  /** A visitor of the original chat gets an identity that can be proven. */
  migrate(request: {
    identity: string;
    proof: string;
    legacyIdentity: string;
    legacyConversationSid: string;
  }): Promise<void>;
}

/** What tabs of one installation say to each other: plain data, read with care by whoever hears it. */
export type TabMessage = Readonly<Record<string, string | number | boolean | null>> & {
  readonly kind: string;
};

/** The other tabs of this installation. What is told reaches them soon, or never: storage is the record. */
export interface Tabs {
  tell(message: TabMessage): void;
  close(): void;
}

/** `name` tells installations apart; a tab does not hear itself. */
export type OpenTabs = (name: string, listener: (message: unknown) => void) => Tabs;

/**
 * Hears that the page comes back to life, after the tab was hidden, the machine slept or the page lay in the
 * back/forward cache: nothing that was believed of the link before needs to hold. Returns how to stop.
 */
export type WatchWake = (listener: (away: { ms: number }) => void) => () => void;

/**
 * Hears that the page forbids a socket; returns how to stop. The listener says whether the address is one of its own.
 */
export type WatchPolicy = (listener: (address: string) => boolean) => () => void;

/** Hears that the page may be gone in a moment: it is hidden or left. Returns how to stop. */
export type WatchLeave = (listener: () => void) => () => void;

/** Contents of files that wait to be sent. Never throws: what cannot be kept is missing later. */
export interface FileStore {
  /** Resolves to whether this page after a reload, and the other tabs, can read it. */
  write(key: string, content: FileContent): Promise<boolean>;
  read(key: string): Promise<FileContent | null>;
  remove(key: string): Promise<void>;
  /** Takes away everything whose key begins so. */
  clear(prefix: string): Promise<void>;
}

/** Makes an image smaller where that is asked for and worth it; gives back what it got when it cannot. */
export type ShrinkImage = (content: FileContent, to: { longestSide: number }) => Promise<FileContent>;

/** Hears the browser say that the network went or came back; returns how to stop. */
export type WatchNetwork = (listener: (online: boolean) => void) => () => void;
