import type { Connection } from './connection.js';
import { type ConnectionKeeper, createConnectionKeeper } from './connection-keeper.js';
import type { ChatSessionOptions } from './contract.js';
import type { ReasonCode } from './snapshot.js';
import { createTokenKeeper, type RefusedIdentity, type TokenKeeper } from './token.js';
import { proofOf, type Visitor, type VisitorStore } from './visitor.js';

/** The present connection, and the conversation that the token service made for its visitor. */
export interface Line {
  connection: Connection;
  offered: string | null;
}

/** Who the visitor is, and the one connection that speaks for them: begun by `start`, ended by `stop`, any number of times. */
export interface SignIn {
  start(): void;
  /** Who has signed in; `null` before that. What another part stored of them meanwhile is read by `refresh`. */
  visitor(): Visitor | null;
  refresh(): Visitor | null;
  line(): Line | null;
  /** Asks the token service that makes conversations for the one after `ended`. */
  another(ended: string): Promise<string | null>;
  /** This connection says it is up, and has not answered a question. */
  doubt(connection: Connection): void;
  /** This connection says it is up and does not answer. */
  replace(connection: Connection): void;
  /** Ends waits, tries again what failed. */
  retryNow(): void;
  stop(): Promise<void>;
}

export interface SignInOptions
  extends Pick<ChatSessionOptions, 'connect' | 'fetchToken' | 'realtimeUrl' | 'watchWake' | 'watchPolicy'> {
  clock: ChatSessionOptions['clock'];
  crypto: ChatSessionOptions['crypto'];
  watchNetwork: ChatSessionOptions['watchNetwork'];
  visitors: VisitorStore;
  /** There is a visitor. */
  onVisitor(visitor: Visitor): void;
  /** Another identity takes the place of `old`, which the service refuses; `onVisitor` follows. */
  onReplaced(old: Visitor, because: RefusedIdentity): void;
  /** `fresh`: another connection than before, on which nothing is open yet. */
  onUp(line: Line, fresh: boolean): void;
  onDown(): void;
  onNetwork(online: boolean): void;
  /** The page is back after it was away: what was believed of the line need not hold. */
  onWake(): void;
  onTrouble(trouble: { reason: ReasonCode; retryAt: number | null } | null): void;
  onBlocked(reason: ReasonCode): void;
}

export function createSignIn(options: SignInOptions): SignIn {
  const { visitors } = options;
  let visitor: Visitor | null = null;
  let keeper: ConnectionKeeper | null = null;
  let token: TokenKeeper | null = null;
  let line: Line | null = null;
  /** The conversation that the token service is being asked for another one after. */
  let leaving: string | null = null;
  // Every start and stop begins a new run; what an old one still awaits has no effect.
  let run = 0;
  let failed = false;
  /** The page's policy keeps the socket from being opened. */
  let forbidden = false;
  let stopWatching: readonly (() => void)[] = [];

  const known = (): Visitor => {
    if (!visitor) throw new Error('A token is asked for before there is a visitor.');
    return visitor;
  };
  const enter = (as: Visitor): void => {
    visitor = as;
    options.onVisitor(as);
  };

  const tell = (reason: ReasonCode, retryAt: number | null): void => {
    options.onTrouble({
      reason: forbidden && reason === 'connection_failed' ? 'blocked_by_policy' : reason,
      retryAt,
    });
  };

  const boot = async (): Promise<void> => {
    const mine = run;
    const ensured = await visitors.ensure();
    if (mine !== run) return;
    enter(ensured);
    const stopHearing = [
      options.watchNetwork((online) => {
        options.onNetwork(online);
        if (online) keeper?.nudge();
      }),
      options.watchWake?.(() => {
        keeper?.wake();
        options.onWake();
      }),
      options.watchPolicy?.(() => {
        if (line !== null) return false;
        forbidden = true;
        tell('connection_failed', null);
        return true;
      }),
    ];
    stopWatching = stopHearing.filter((stop) => stop !== undefined);
    token = createTokenKeeper({
      ...options,
      claim() {
        // Only then: a token that is merely due must not begin another conversation.
        const ended = leaving === null ? {} : { ended: leaving };
        return { identity: known().uuid, proof: proofOf(known()), ...ended };
      },
      async newIdentity(because, birthSeconds) {
        const old = known();
        const replaced = await visitors.replace(old.uuid, birthSeconds ?? undefined);
        if (mine !== run) return;
        options.onReplaced(old, because);
        enter(replaced);
      },
      onTrouble: tell,
      onGiveUp(reason) {
        options.onBlocked(reason);
        // Who turned a question away may be asked once more, and only by a click.
        failed = reason === 'human_check_required';
        void keeper?.stop();
      },
      onDue: () => keeper?.renewToken(),
    });
    keeper = createConnectionKeeper({
      ...options,
      token,
      onUp(connection, fresh, { identity, conversationSid: offered }) {
        // Still the link of an identity that was replaced: what is opened by it would be that one's.
        if (identity !== known().uuid) return;
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
    options.onTrouble(null);
    keeper.start();
  };

  const unwatch = (): void => {
    for (const stop of stopWatching) stop();
    stopWatching = [];
  };

  const bootOrTell = (): void => {
    run += 1;
    const mine = run;
    failed = false;
    boot().catch(() => {
      if (mine !== run) return;
      failed = true;
      options.onTrouble({ reason: 'unexpected', retryAt: null });
    });
  };

  return {
    start: bootOrTell,
    visitor: () => visitor,
    refresh() {
      visitor = visitors.read() ?? visitor;
      return visitor;
    },
    line: () => line,
    async another(ended) {
      leaving = ended;
      // In this order both share one request, and the connection gets the new token as well.
      keeper?.renewToken();
      const asked = token?.renew().finally(() => {
        leaving = null;
      });
      const offered = (await asked)?.conversationSid ?? null;
      if (line) line = { ...line, offered };
      return offered;
    },
    doubt: (connection) => keeper?.doubt(connection),
    replace: (connection) => keeper?.replace(connection),
    retryNow() {
      if (!failed) return keeper?.retryNow();
      unwatch();
      token?.stop();
      bootOrTell();
    },
    async stop() {
      run += 1;
      failed = false;
      unwatch();
      token?.stop();
      const closing = keeper?.stop();
      keeper = null;
      token = null;
      line = null;
      await closing;
    },
  };
}
