import type { Writable } from 'node:stream';
import type { VerifyToken } from '../auth/access-token.js';
import type { Clock } from '../clock.js';
import type { Trouble } from '../trouble/trouble.js';
import type { Turn } from '../turn.js';
import type { Reply, Session, Upstream } from '../upstream.js';
import type { Continue } from './continuation.js';
import type { KeepAlive } from './keep-alive.js';

export interface ConnectionLimits {
  /** Milliseconds a socket has to authenticate. */
  authenticateWithin: number;
  /** Milliseconds between keep-alive pings; a peer that answered none since the last is gone. */
  pingEvery: number;
  /** Milliseconds before its end at which a token is said to expire soon; half of its life for shorter ones. */
  expiryNotice: number;
  /**
   * Bytes a slow reader may leave unread. Beyond, it is dropped and replays what it missed; so this must be more
   * than a long absence takes to replay.
   */
  bufferedBytes: number;
}

export const connectionLimits: ConnectionLimits = {
  authenticateWithin: 5_000,
  pingEvery: 25_000,
  expiryNotice: 180_000,
  bufferedBytes: 32 * 1024 * 1024,
};

/** A frame that passed, without what it held. */
export interface FrameTrace {
  direction: 'in' | 'out';
  identity: string | null;
  /** Its method; `unreadable` for what has none. */
  frame: string;
  /** Of the request that travels in it, with its path. */
  method?: string;
  path?: string;
  /** Of a reply: of the request when it answers one. */
  status?: number;
  /** In bytes. */
  size: number;
}

export interface ConnectionOptions {
  verifyToken: VerifyToken;
  upstream: Upstream;
  /** Where requests wait for the end of the turn. */
  turn: Turn<Reply>;
  clock: Clock;
  limits: ConnectionLimits;
  /** What lies under the socket. */
  wire: Pick<Writable, 'cork' | 'uncork'>;
  log: (line: string) => void;
  /** Hears of every frame, as it arrives and as it leaves. */
  trace: (frame: FrameTrace) => void;
  /** What is wrong on request. */
  trouble: Trouble;
  keepAlive: KeepAlive;
  resume: Continue;
  /** Makes ready for an identity that has proved itself, and answers where its browser may cache. */
  welcome(session: Session): { storageId: string };
  closed(session: Session): void;
}
