import type { Connection } from './connection.js';
import { createConnectionKeeper } from './connection-keeper.js';
import type { ChatSessionOptions } from './contract.js';
import type { FetchToken, SessionClock, SessionCrypto } from './ports.js';
import type { ReasonCode } from './snapshot.js';
import { createTokenKeeper, type RefusedIdentity } from './token.js';
import { proofOf, type Visitor } from './visitor.js';

/** The present connection, and the conversation that the token service made for its visitor. */
export interface Line {
  connection: Connection;
  offered: string | null;
}

/** The tokens of one visitor, and the one connection that speaks for them: from `start` to `stop`, once. */
export interface VisitorLine {
  start(): void;
  line(): Line | null;
  /** Asks the token service that makes conversations for the one after `ended`. */
  another(ended: string): Promise<string | null>;
  /** This connection says it is up, and has not answered a question. */
  doubt(connection: Connection): void;
  /** This connection says it is up and does not answer. */
  replace(connection: Connection): void;
  /** The page's policy forbids a socket: true if it can be this one's. */
  forbidden(address: string): boolean;
  /** Ends waits. */
  nudge(): void;
  /** The page was away. */
  wake(): void;
  /** Ends waits, and sees to a connection that is not up. */
  retryNow(): void;
  /** `before`: what still needs the connection. */
  stop(before?: Promise<unknown>): Promise<void>;
}

export interface VisitorLineOptions extends Pick<ChatSessionOptions, 'connect' | 'realtimeUrl'> {
  clock: SessionClock;
  crypto: SessionCrypto;
  fetchToken: FetchToken;
  visitor(): Visitor;
  /** Archives the refused identity and makes another one. */
  newIdentity(because: RefusedIdentity, birthSeconds: number | null): Promise<void>;
  /** `fresh`: another connection than before, on which nothing is open yet. */
  onUp(line: Line, fresh: boolean): void;
  onDown(): void;
  onTrouble(reason: ReasonCode, retryAt: number | null): void;
  /** Trying again does not help; the connection is closed. */
  onGiveUp(reason: ReasonCode): void;
}

export function createVisitorLine(options: VisitorLineOptions): VisitorLine {
  let line: Line | null = null;
  /** The conversation that the token service is being asked for another one after. */
  let leaving: string | null = null;
  /** The page's policy keeps the socket from being opened. */
  let forbidden = false;
  let socket = options.realtimeUrl ?? null;
  let stopped = false;

  const tell = (reason: ReasonCode, retryAt: number | null): void => {
    const known = forbidden && reason === 'connection_failed' ? 'blocked_by_policy' : reason;
    options.onTrouble(known, retryAt);
  };

  const token = createTokenKeeper({
    ...options,
    async fetchToken(request) {
      const grant = await options.fetchToken(request);
      socket = options.realtimeUrl ?? grant.realtimeUrl;
      return grant;
    },
    claim() {
      const visitor = options.visitor();
      const proof = proofOf(visitor);
      return {
        identity: visitor.uuid,
        ...(proof !== null && { proof }),
        // Only then: a token that is merely due must not begin another conversation.
        ...(leaving !== null && { ended: leaving }),
      };
    },
    onTrouble: tell,
    onGiveUp(reason) {
      void keeper.stop();
      options.onGiveUp(reason);
    },
    onDue: () => keeper.renewToken(),
  });

  const keeper = createConnectionKeeper({
    ...options,
    token,
    onUp(connection, fresh, { identity, conversationSid: offered }) {
      // Still the link of an identity that was replaced: what is opened by it would be that one's.
      if (identity !== options.visitor().uuid) return;
      forbidden = false;
      line = { connection, offered };
      options.onUp(line, fresh);
    },
    onDown() {
      line = null;
      options.onDown();
    },
    onTrouble: tell,
  });

  return {
    start: keeper.start,
    line: () => line,
    async another(ended) {
      leaving = ended;
      // In this order both share one request, and the connection gets the new token as well.
      keeper.renewToken();
      const { conversationSid } = await token.renew().finally(() => {
        leaving = null;
      });
      if (line) line = { ...line, offered: conversationSid };
      return conversationSid;
    },
    doubt: keeper.doubt,
    replace: keeper.replace,
    forbidden(address) {
      if (line !== null || stopped || !isSocketAt(address, socket)) return false;
      forbidden = true;
      tell('connection_failed', null);
      return true;
    },
    nudge: keeper.nudge,
    wake: keeper.wake,
    retryNow: keeper.retryNow,
    async stop(before) {
      stopped = true;
      token.stop();
      const closing = keeper.stop(before);
      line = null;
      await closing;
    },
  };
}

/**
 * Whether the page's word about `address` is about the socket at `url`, or, where that is not told, at Twilio's. Some
 * browsers tell the scheme alone.
 */
function isSocketAt(address: string, url: string | null): boolean {
  const [origin = '', host = ''] = /^wss?:\/\/([^/?#]*)/i.exec(address) ?? [];
  if (host === '') return true;
  return url === null ? /\.twilio\.com(?::\d+)?$/i.test(host) : url.startsWith(origin);
}
