import { backoffDelay } from './backoff.js';
import {
  type Connect,
  type Connection,
  ConnectionError,
  connectionErrorCode,
  type LinkState,
} from './connection.js';
import { createCuttableWait } from './cuttable-wait.js';
import type { SessionClock, SessionCrypto, TokenGrant } from './ports.js';
import type { ReasonCode } from './snapshot.js';
import { stopwatch } from './stopwatch.js';
import { withTimeLimit } from './time-limit.js';
import { NoTokenError, type TokenKeeper } from './token.js';

const READY_LIMIT_MS = 20_000;
/** The script of the chat service, where it is loaded. */
const LOAD_LIMIT_MS = 30_000;
const REBUILD_EVERY_MS = 10_000;
/** The longest wait there is; a rest that seems longer comes from a clock that was put back. */
const LONGEST_REST_MS = 70_000;
/** A second click on "try again" this soon would only throw away the attempt of the first. */
const IMPATIENCE_MS = 2_000;
/** A visitor who asks for it is online again within 3 s, where that is possible at all. */
const URGE_MS = 2_000;
/** Whoever was without a link for longer was not alone. */
const OUTAGE_MS = 2_000;

/** Keeps one connection alive: builds it, gives it fresh tokens, replaces it when only that helps. */
export interface ConnectionKeeper {
  start(): void;
  /** A token is due or expired. */
  renewToken(): void;
  /** Ends waits, and sees to a connection that is not up. */
  retryNow(): void;
  /** The network is back: ends waits. */
  nudge(): void;
  /** The page was away: what is due is done, and what is not up is seen to. */
  wake(): void;
  /** This connection says it is up, and has not answered a question: another token makes it prove itself. */
  doubt(connection: Connection): void;
  /** This connection says it is up and does not answer. */
  replace(connection: Connection): void;
  /** The connection is closed when `before` has settled. */
  stop(before?: Promise<unknown>): Promise<void>;
}

export interface ConnectionKeeperOptions {
  connect: Connect | (() => Promise<Connect>);
  realtimeUrl?: string;
  token: TokenKeeper;
  clock: SessionClock;
  crypto: SessionCrypto;
  /** `fresh`: another connection than before, on which nothing is open yet. */
  onUp(connection: Connection, fresh: boolean, grant: TokenGrant): void;
  onDown(): void;
  onTrouble(reason: ReasonCode, retryAt: number): void;
}

const late = (sentence: string) => (): ConnectionError => new ConnectionError('not_sent', sentence);

interface Link {
  connection: Connection;
  grant: TokenGrant;
  ready: boolean;
  up: boolean;
  /** Of each link its own: a renewal that began for one before must not keep this one from its token. */
  renewing: Promise<void> | null;
}

export function createConnectionKeeper(options: ConnectionKeeperOptions): ConnectionKeeper {
  const { token, clock, crypto } = options;
  // Each connection has its number; whatever a discarded one still says carries an old number and is not heard.
  let generation = 0;
  let link: Link | null = null;
  let builtAt = Number.NEGATIVE_INFINITY;
  let rebuildFrom = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let denials = 0;
  let closing: Promise<unknown> = Promise.resolve();
  let stopped = true;
  /** For how long there has been no link; `null` while there is one, and when a visitor waits for it. */
  let lost: (() => number) | null = null;
  const pause = createCuttableWait(clock);
  const now = (): number => clock.steady?.() ?? clock.now();
  const calm = (): boolean => lost !== null && lost() > OUTAGE_MS;

  const cameUp = (target: Link, fresh: boolean): void => {
    if (target.up) return;
    target.up = true;
    denials = 0;
    lost = null;
    options.onUp(target.connection, fresh, target.grant);
  };
  const wentDown = (target: Link): void => {
    if (!target.up) return;
    target.up = false;
    lost = stopwatch(clock);
    options.onDown();
  };

  const discard = (before?: Promise<unknown>): void => {
    const old = link;
    link = null;
    if (!old) return;
    wentDown(old);
    const close = (): Promise<void> => old.connection.close().catch(() => {});
    closing = Promise.all([closing, before ? before.then(close, close) : close()]);
  };

  const build = async (delay: number): Promise<void> => {
    generation += 1;
    const mine = generation;
    discard();
    pause.end();
    if (delay > 0) await pause.wait(delay);
    if (mine !== generation) return;
    let grant: TokenGrant;
    try {
      grant = await token.current(calm());
    } catch (error) {
      // Given up or stopped: whoever waits has been told.
      if (mine === generation && !(error instanceof NoTokenError)) rebuildLater('unexpected');
      return;
    }
    if (mine !== generation) return;
    builtAt = now();
    try {
      const fresh = await connectWith(grant, mine);
      if (!fresh) return;
      const tooLate = late('The chat service did not answer in time.');
      await withTimeLimit(fresh.connection.ready(), READY_LIMIT_MS, clock, tooLate);
      if (mine !== generation) return;
      failures = 0;
      fresh.ready = true;
      cameUp(fresh, true);
      token.check();
    } catch (error) {
      // A denied token has its own way on, which began a new generation.
      if (mine !== generation) return;
      rebuildLater(connectionErrorCode(error) === 'refused' ? 'realtime_url_invalid' : 'connection_failed');
    }
  };

  const connectWith = async (grant: TokenGrant, mine: number): Promise<Link | null> => {
    const realtimeUrl = options.realtimeUrl ?? grant.realtimeUrl;
    const request = {
      token: grant.token,
      ...(realtimeUrl === null ? {} : { realtimeUrl }),
      events: {
        link: (state: LinkState) => mine === generation && onLink(state),
        tokenExpiring: () => mine === generation && renew(),
        tokenExpired: () => mine === generation && renew(),
      },
    };
    let connection = options.connect(request);
    if ('then' in connection) {
      const tooLate = late('The script of the chat service did not load in time.');
      const connect = await withTimeLimit(connection, LOAD_LIMIT_MS, clock, tooLate);
      if (mine !== generation) return null;
      connection = connect(request);
    }
    // Set before anything is awaited: the connection may speak at any moment from now on.
    link = { connection, grant, ready: false, up: false, renewing: null };
    return link;
  };

  /** How long until another connection may be made, at least `ms`. */
  const nextTurn = (ms: number): number => {
    const delay = Math.max(ms, Math.min(rebuildFrom - now(), LONGEST_REST_MS));
    rebuildFrom = now() + delay + REBUILD_EVERY_MS;
    return delay;
  };

  const rebuildLater = (reason: ReasonCode): void => {
    failures += 1;
    const delay = nextTurn(backoffDelay(failures, crypto));
    options.onTrouble(reason, clock.now() + delay);
    void build(delay);
  };

  const rebuild = (): void => {
    // First, because `onDown` clears the trouble that is told here.
    discard();
    const delay = nextTurn(0);
    if (delay > 0) options.onTrouble('connection_lost', clock.now() + delay);
    void build(delay);
  };

  const onLink = (state: LinkState): void => {
    if (!link) return;
    if (state === 'connected') {
      if (link.ready) cameUp(link, false);
      return;
    }
    wentDown(link);
    if (state === 'dead') {
      // One that dies young gets one quick successor; after that something is wrong with the service.
      if (link.ready || failures === 0) rebuild();
      else rebuildLater('connection_failed');
      failures += 1;
    }
    if (state === 'denied') denied(link);
  };

  const denied = (refused: Link): void => {
    // With `ready` behind it the SDK takes a new token; before, it is half built and only good to be thrown away.
    if (refused.ready) renew();
    else deniedAtOnce();
  };

  const deniedAtOnce = (): void => {
    denials += 1;
    token.refused();
    // A token that was made a moment ago and is refused: the service's keys are wrong, and may be put right.
    if (denials > 1) rebuildLater('token_rejected');
    else void build(0);
  };

  /** Gives the connection another token; it is connected when that resolves. Callers at the same time share one. */
  const renewOn = (target: Link): Promise<void> => {
    target.renewing ??= (async () => {
      const grant = await token.renew(calm());
      if (link !== target) return;
      if (grant.identity !== target.grant.identity) return void build(0);
      target.grant = grant;
      await target.connection.updateToken(grant.token);
      if (link === target) cameUp(target, false);
    })().finally(() => {
      target.renewing = null;
    });
    return target.renewing;
  };

  const renew = (): void => {
    const target = link;
    // Before it is ready the SDK has nowhere to put a token.
    if (!target?.ready) return;
    renewOn(target).catch(() => {
      if (link === target && !stopped) rebuild();
    });
  };

  /** Another token makes the SDK try at once, whatever its own waits are; what that does not bring back is replaced. */
  const urge = (target: Link, replace: () => void): void => {
    withTimeLimit(renewOn(target), URGE_MS, clock, late('The link did not come back in time.')).catch(() => {
      if (link === target && !target.up && !stopped) replace();
    });
  };

  const nudge = (): void => {
    token.retryNow();
    pause.end();
  };

  return {
    start() {
      stopped = false;
      lost = null;
      void build(0);
    },
    renewToken: renew,
    nudge,
    wake() {
      nudge();
      token.check();
      if (link?.ready && !link.up) urge(link, rebuild);
    },
    retryNow() {
      lost = null;
      nudge();
      if (!link || link.up) return;
      if (link.ready) urge(link, () => void build(0));
      else if (Math.abs(now() - builtAt) > IMPATIENCE_MS) void build(0);
    },
    doubt(connection) {
      if (link?.connection !== connection || !link.up) return;
      wentDown(link);
      urge(link, rebuild);
    },
    replace(connection) {
      if (link?.connection === connection) rebuild();
    },
    async stop(before) {
      stopped = true;
      generation += 1;
      pause.end();
      discard(before);
      await closing;
    },
  };
}
