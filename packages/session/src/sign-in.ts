import { arrive } from './arrival.js';
import type { Connection } from './connection.js';
import type { ChatSessionOptions, UserToken } from './contract.js';
import { createCuttableWait } from './cuttable-wait.js';
import { createOwnTimers } from './own-timers.js';
import type { ReasonCode } from './snapshot.js';
import type { RefusedIdentity } from './token.js';
import { createUserTokens, fetchAsUser, type UserTokens } from './user-tokens.js';
import type { Visitor, VisitorStore } from './visitor.js';
import { createVisitorLine, type Line, type VisitorLine } from './visitor-line.js';

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
  /** `before`: what still needs the connection. */
  stop(before?: Promise<unknown>): Promise<void>;
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
   * brought along. `behind`: the user's earlier conversation, in whose place that one's has come.
   */
  onVisitor(visitor: Visitor, left: Visitor | null, lost: boolean, behind: string | null): void;
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
  const timers = createOwnTimers(options.clock);
  const { clock } = timers;
  const own = { ...options, clock };
  let visitor: Visitor | null = null;
  let line: VisitorLine | null = null;
  // Every start and stop begins a new run; what an old one still awaits has no effect.
  let run = 0;
  let failed = false;
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
  const pause = createCuttableWait(clock);

  const known = (): Visitor => {
    if (!visitor) throw new Error('A token is asked for before there is a visitor.');
    return visitor;
  };
  const enter = (as: Visitor, left: Visitor | null, lost: boolean, behind: string | null): void => {
    visitor = as;
    options.onVisitor(as, left, lost, behind);
  };

  const giveUp = (reason: ReasonCode): void => {
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
    line?.nudge();
  };

  const watch = (): void => {
    const stops = [
      options.watchNetwork((online) => {
        options.onNetwork(online);
        if (online) nudge();
      }),
      options.watchWake?.(() => {
        pause.end();
        line?.wake();
        options.onWake();
      }),
      options.watchPolicy?.((address) => line?.forbidden(address) ?? false),
    ];
    stopWatching = stops.filter((stop) => stop !== undefined);
  };
  const unwatch = (): void => {
    for (const stop of stopWatching) stop();
    stopWatching = [];
  };

  const boot = async (): Promise<void> => {
    const mine = run;
    const tell = (reason: ReasonCode, retryAt: number | null): void => {
      if (mine === run) options.onTrouble({ reason, retryAt });
    };
    unwatch();
    watch();
    const arrived = await arrive({
      ...own,
      tokens: rejected ? null : tokens,
      pause,
      wanted: () => mine === run,
      onTrouble: tell,
    });
    if (mine !== run) return;
    if ('blocked' in arrived) return giveUp(arrived.blocked);
    enter(arrived.visitor, arrived.left, arrived.lost, arrived.behind);
    settled();
    line = createVisitorLine({
      ...own,
      visitor: known,
      // The page may give the same user's word in another way meanwhile.
      fetchToken(request) {
        const { fetchToken } = options;
        return tokens ? fetchAsUser(fetchToken, tokens, identifyAnew)(request) : fetchToken(request);
      },
      async newIdentity(because, birthSeconds) {
        const old = known();
        const replaced = await visitors.replace(old.uuid, birthSeconds ?? undefined);
        if (mine !== run) return;
        options.onReplaced(old, because);
        enter(replaced, null, false, null);
      },
      onTrouble: tell,
      onGiveUp: giveUp,
    });
    options.onTrouble(null);
    line.start();
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

  const end = (before?: Promise<unknown>): Promise<void> | undefined => {
    run += 1;
    failed = false;
    over = false;
    pause.end();
    unwatch();
    const closing = line?.stop(before);
    line = null;
    timers.end();
    return closing;
  };

  const restart = (): void => {
    options.onRestart();
    void end();
    bootOrTell();
  };

  const identifyAnew = (): void => {
    rejected = false;
    tokens = source === undefined ? null : createUserTokens(source, own);
    // Not from within a request of the run that ends by it.
    options.clock.after(0, () => running && restart());
  };

  return {
    start() {
      running = true;
      rejected = false;
      tokens = source === undefined ? null : createUserTokens(source, own);
      bootOrTell();
    },
    async identify(userToken) {
      source = userToken;
      if (!running) return;
      asked += 1;
      const mine = asked;
      const fresh = createUserTokens(userToken, own);
      if (visitor?.secret === null && line) {
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
    line: () => line?.line() ?? null,
    another: async (ended) => line?.another(ended) ?? null,
    doubt: (connection) => line?.doubt(connection),
    replace: (connection) => line?.replace(connection),
    retryNow() {
      pause.end();
      if (!failed) return line?.retryNow();
      void line?.stop();
      bootOrTell();
    },
    async stop(before) {
      running = false;
      const closing = end(before);
      settled();
      await closing;
    },
  };
}
