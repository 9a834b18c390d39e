import type { Connection } from './connection.js';
import { type ConnectionKeeper, createConnectionKeeper } from './connection-keeper.js';
import type { ChatSessionOptions } from './contract.js';
import type { ReasonCode } from './snapshot.js';
import { createTokenKeeper, type TokenKeeper } from './token.js';
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
  /** This connection says it is up and does not answer. */
  replace(connection: Connection): void;
  /** Ends waits, tries again what failed. */
  retryNow(): void;
  stop(): Promise<void>;
}

export interface SignInOptions extends Pick<ChatSessionOptions, 'connect' | 'fetchToken' | 'realtimeUrl'> {
  clock: ChatSessionOptions['clock'];
  crypto: ChatSessionOptions['crypto'];
  watchNetwork: ChatSessionOptions['watchNetwork'];
  visitors: VisitorStore;
  /** There is a visitor. */
  onVisitor(visitor: Visitor): void;
  /** Another identity takes the place of `old`, which the service refuses; `onVisitor` follows. */
  onReplaced(old: Visitor): void;
  /** `fresh`: another connection than before, on which nothing is open yet. */
  onUp(line: Line, fresh: boolean): void;
  onDown(): void;
  onNetwork(online: boolean): void;
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
  let stopWatching = (): void => {};

  const known = (): Visitor => {
    if (!visitor) throw new Error('A token is asked for before there is a visitor.');
    return visitor;
  };
  const enter = (as: Visitor): void => {
    visitor = as;
    options.onVisitor(as);
  };

  const boot = async (): Promise<void> => {
    const mine = run;
    const ensured = await visitors.ensure();
    if (mine !== run) return;
    enter(ensured);
    stopWatching = options.watchNetwork((online) => {
      options.onNetwork(online);
      if (online) keeper?.nudge();
    });
    token = createTokenKeeper({
      ...options,
      claim() {
        // Only then: a token that is merely due must not begin another conversation.
        const ended = leaving === null ? {} : { ended: leaving };
        return { identity: known().uuid, proof: proofOf(known()), ...ended };
      },
      async newIdentity(birthSeconds) {
        const old = known();
        const replaced = await visitors.replace(old.uuid, birthSeconds ?? undefined);
        if (mine !== run) return;
        options.onReplaced(old);
        enter(replaced);
      },
      onTrouble: (reason, retryAt) => options.onTrouble({ reason, retryAt }),
      onGiveUp(reason) {
        options.onBlocked(reason);
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
        line = { connection, offered };
        options.onUp(line, fresh);
      },
      onDown() {
        line = null;
        options.onDown();
      },
      onTrouble: (reason, retryAt) => options.onTrouble({ reason, retryAt }),
    });
    options.onTrouble(null);
    keeper.start();
  };

  const bootOrTell = (): void => {
    const mine = run;
    failed = false;
    boot().catch(() => {
      if (mine !== run) return;
      failed = true;
      options.onTrouble({ reason: 'unexpected', retryAt: null });
    });
  };

  return {
    start() {
      run += 1;
      bootOrTell();
    },
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
    replace: (connection) => keeper?.replace(connection),
    retryNow() {
      if (failed) bootOrTell();
      else keeper?.retryNow();
    },
    async stop() {
      run += 1;
      failed = false;
      stopWatching();
      token?.stop();
      const closing = keeper?.stop();
      keeper = null;
      token = null;
      line = null;
      await closing;
    },
  };
}
