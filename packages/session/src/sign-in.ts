import { arrive } from './arrival.js';
import type { Connection } from './connection.js';
import { type ConnectionKeeper, createConnectionKeeper } from './connection-keeper.js';
import type { ChatSessionOptions, UserToken } from './contract.js';
import { createCuttableWait } from './cuttable-wait.js';
import type { ReasonCode } from './snapshot.js';
import { createTokenKeeper, type RefusedIdentity, type TokenKeeper } from './token.js';
import { createUserTokens, fetchAsUser, type UserTokens } from './user-tokens.js';
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
  /** Begins anew as the user of whom the site says so; resolves when that is settled. */
  identify(userToken: UserToken): Promise<void>;
  /** From the next `start` on nobody is logged in. */
  logout(): void;
  /** Nobody has signed in, as far as is known here. */
  forget(): void;
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
  extends Pick<
    ChatSessionOptions,
    'bringAlong' | 'connect' | 'fetchToken' | 'realtimeUrl' | 'userToken' | 'watchWake' | 'watchPolicy'
  > {
  clock: ChatSessionOptions['clock'];
  crypto: ChatSessionOptions['crypto'];
  watchNetwork: ChatSessionOptions['watchNetwork'];
  visitors: VisitorStore;
  /**
   * There is a visitor. `left`: the anonymous one whose place a user takes. `lost`: what they had before could not be
   * brought along.
   */
  onVisitor(visitor: Visitor, left: Visitor | null, lost: boolean): void;
  /** Another user than the one of this browser: nothing of theirs may be seen. */
  onOtherUser(other: Visitor): void;
  /** The present run is given up for another one. */
  onRestart(): void;
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
  let running = false;
  let source = options.userToken;
  let tokens: UserTokens | null = null;
  /** The service refuses the user's token. One that only watches them takes the visitor as an anonymous one. */
  let rejected = false;
  /** Trying again does not help: only another word of the site does. */
  let over = false;
  let asked = 0;
  let settled = (): void => {};
  const pause = createCuttableWait(options.clock);

  const known = (): Visitor => {
    if (!visitor) throw new Error('A token is asked for before there is a visitor.');
    return visitor;
  };
  const enter = (as: Visitor, left: Visitor | null, lost: boolean): void => {
    visitor = as;
    options.onVisitor(as, left, lost);
  };

  const giveUp = (reason: ReasonCode): void => {
    void keeper?.stop();
    if (reason === 'user_token_rejected' && !rejected) {
      rejected = true;
      restart();
      return;
    }
    over = true;
    // Who turned a question away may be asked once more, and only by a click.
    failed = reason === 'human_check_required';
    options.onBlocked(reason);
    settled();
  };

  const nudge = (): void => {
    pause.end();
    keeper?.nudge();
  };

  const tell = (reason: ReasonCode, retryAt: number | null): void => {
    options.onTrouble({
      reason: forbidden && reason === 'connection_failed' ? 'blocked_by_policy' : reason,
      retryAt,
    });
  };

  const boot = async (): Promise<void> => {
    const mine = run;
    unwatch();
    const stopHearing = [
      options.watchNetwork((online) => {
        options.onNetwork(online);
        if (online) nudge();
      }),
      options.watchWake?.(() => {
        pause.end();
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
    const arrived = await arrive({
      ...options,
      tokens: rejected ? null : tokens,
      pause,
      wanted: () => mine === run,
      onTrouble: (reason, retryAt) => mine === run && tell(reason, retryAt),
    });
    if (mine !== run) return;
    if ('blocked' in arrived) return giveUp(arrived.blocked);
    enter(arrived.visitor, arrived.left, arrived.lost);
    settled();
    token = createTokenKeeper({
      ...options,
      // The page may give the same user's word in another way meanwhile.
      fetchToken(request) {
        const { fetchToken } = options;
        return tokens ? fetchAsUser(fetchToken, tokens, identifyAnew)(request) : fetchToken(request);
      },
      claim() {
        const proof = proofOf(known());
        return {
          identity: known().uuid,
          ...(proof !== null && { proof }),
          // Only then: a token that is merely due must not begin another conversation.
          ...(leaving !== null && { ended: leaving }),
        };
      },
      async newIdentity(because, birthSeconds) {
        const old = known();
        const replaced = await visitors.replace(old.uuid, birthSeconds ?? undefined);
        if (mine !== run) return;
        options.onReplaced(old, because);
        enter(replaced, null, false);
      },
      onTrouble: tell,
      onGiveUp: giveUp,
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
    over = false;
    boot().catch(() => {
      if (mine !== run) return;
      failed = true;
      settled();
      options.onTrouble({ reason: 'unexpected', retryAt: null });
    });
  };

  const end = (): Promise<void> | undefined => {
    run += 1;
    failed = false;
    over = false;
    pause.end();
    unwatch();
    token?.stop();
    const closing = keeper?.stop();
    keeper = null;
    token = null;
    line = null;
    return closing;
  };

  const restart = (): void => {
    options.onRestart();
    void end();
    bootOrTell();
  };

  const identifyAnew = (): void => {
    rejected = false;
    tokens = source === undefined ? null : createUserTokens(source, options);
    // Not from within a request of the run that ends by it.
    options.clock.after(0, () => running && restart());
  };

  return {
    start() {
      running = true;
      rejected = false;
      tokens = source === undefined ? null : createUserTokens(source, options);
      bootOrTell();
    },
    async identify(userToken) {
      source = userToken;
      if (!running) return;
      asked += 1;
      const mine = asked;
      const fresh = createUserTokens(userToken, options);
      if (visitor?.secret === null && token) {
        const identity = await fresh.identity().catch(() => null);
        if (mine !== asked || !running) return;
        // The same user once more, as a page may say it each time it draws itself.
        if (identity === visitor?.uuid && !over) {
          tokens = fresh;
          nudge();
          return;
        }
      }
      settled();
      rejected = false;
      tokens = fresh;
      const done = new Promise<void>((resolve) => {
        settled = resolve;
      });
      restart();
      await done;
    },
    logout() {
      asked += 1;
      source = undefined;
    },
    forget() {
      visitor = null;
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
    doubt: (connection) => keeper?.doubt(connection),
    replace: (connection) => keeper?.replace(connection),
    retryNow() {
      pause.end();
      if (!failed) return keeper?.retryNow();
      token?.stop();
      bootOrTell();
    },
    async stop() {
      running = false;
      const closing = end();
      settled();
      await closing;
    },
  };
}
