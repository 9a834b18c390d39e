/** What a session needs of its surroundings. `browser/` fills these; tests pass their own. */

export interface SessionClock {
  now(): number;
  /** Runs `task` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** Text by key. Never throws: blocked storage behaves as an empty one that forgets. */
export interface SessionStorage {
  read(key: string): string | null;
  write(key: string, value: string): void;
  remove(key: string): void;
  /** False when the values do not outlive the page. */
  readonly lasting: boolean;
}

/** Runs `work` while no other tab runs work under the same name. */
export type Exclusive = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Random bytes and SHA-256, because plain-http pages have no `crypto.subtle`. */
export interface SessionCrypto {
  randomBytes(length: number): Uint8Array;
  randomId(): string;
  sha256(bytes: Uint8Array): Uint8Array;
}

export interface TokenGrant {
  token: string;
  identity: string;
  /** Seconds from receipt; `null` when the service did not say. */
  expiresIn: number | null;
  realtimeUrl: string | null;
  conversationSid: string | null;
}

/** Asks the token service. Rejects with a `TokenServiceError`. */
export type FetchToken = (request: { identity: string; proof: string }) => Promise<TokenGrant>;

/** Hears the browser say that the network went or came back; returns how to stop. */
export type WatchNetwork = (listener: (online: boolean) => void) => () => void;
