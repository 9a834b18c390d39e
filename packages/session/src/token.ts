import { backoffCeiling, backoffDelay, jitter } from './backoff.js';
import { fromBase64url, utf8Text } from './bytes.js';
import { createCuttableWait } from './cuttable-wait.js';
import {
  type FetchToken,
  type SessionClock,
  type SessionCrypto,
  type TokenGrant,
  type TokenRequest,
  TokenServiceError,
} from './ports.js';
import type { ReasonCode } from './snapshot.js';
import { stopwatch } from './stopwatch.js';
import { withTimeLimit } from './time-limit.js';

const LONGEST_TOKEN = 16 * 1024;
const LONGEST_WAIT_MS = 5 * 60_000;
const REFRESH_SHARE = 0.8;
/** Twilio's longest token. A longer life would not fit a timer, which then fires at once, and again, and again. */
const LONGEST_LIFE_S = 86_400;
const SHORTEST_REFRESH_MS = 1_000;
/** Over which those spread who lost their link together. */
const CALM_MS = 5_000;
/** For a `fetchToken` that keeps no limit of its own; the browser's does, twice 10 s. */
const FETCH_LIMIT_MS = 25_000;

/** Why the service does not take an identity that another one may take the place of. */
export type RefusedIdentity = 'proof_invalid' | 'identity_expired' | 'identity_not_yet_valid';

/** What a failed request means for the chat. */
export type TokenFailure =
  | { action: 'retry'; reason: ReasonCode; waitMs: number | null }
  | { action: 'new_identity'; because: RefusedIdentity; birthSeconds: number | null }
  | { action: 'give_up'; reason: ReasonCode };

/** Reads the service's answer by the rules of the protocol; `null` codes are answers that are not the service's. */
export function readFailure(error: unknown): TokenFailure {
  if (!(error instanceof TokenServiceError)) return { action: 'retry', reason: 'unexpected', waitMs: null };
  const { status, code, retryAfter, serverTime } = error;
  const waitMs = retryAfter === null ? null : Math.min(LONGEST_WAIT_MS, retryAfter * 1_000);
  if (code === 'user_token_unavailable' || code === 'jwks_unavailable') {
    return { action: 'retry', reason: 'user_token_unavailable', waitMs };
  }
  if (status === null) return { action: 'retry', reason: 'token_service_unreachable', waitMs: null };
  if (status === 429) return { action: 'retry', reason: 'rate_limited', waitMs };
  if (status >= 500) return { action: 'retry', reason: 'token_service_error', waitMs };
  if (code === null) return { action: 'retry', reason: 'token_service_error', waitMs: null };
  if (code === 'proof_invalid' || code === 'identity_expired' || code === 'identity_not_yet_valid') {
    // Born by the service's clock: by a visitor's that is years off, the next one would be refused as well.
    return { action: 'new_identity', because: code, birthSeconds: serverTime };
  }
  if (code.startsWith('user_token_') || code === 'audience_mismatch') {
    return { action: 'give_up', reason: 'user_token_rejected' };
  }
  if (code === 'origin_not_allowed' || code === 'banned' || code === 'human_check_required') {
    return { action: 'give_up', reason: code };
  }
  if (status === 405 || status === 413 || status === 415 || code === 'bad_request') {
    return { action: 'give_up', reason: 'token_service_error' };
  }
  return { action: 'give_up', reason: 'identity_rejected' };
}

/** The claims of a token that this chat may use; throws a sentence about what is wrong with it otherwise. */
export function checkToken(grant: TokenGrant, identity: string): { lifeSeconds: number | null } {
  const { token } = grant;
  if (token.length > LONGEST_TOKEN)
    throw new TokenServiceError('The token is longer than 16 KB.', { status: 200 });
  const parts = token.split('.');
  const bytes = parts.length === 3 && parts[2] !== '' ? fromBase64url(parts[1] ?? '') : null;
  const claims = bytes && parseClaims(utf8Text(bytes));
  if (!claims) throw new TokenServiceError('The answer holds no access token.', { status: 200 });
  if (claims.identity !== identity || grant.identity !== identity) {
    throw new TokenServiceError('The token is made out to somebody else.', { status: 200 });
  }
  const byClaims = claims.exp !== null && claims.iat !== null ? claims.exp - claims.iat : null;
  const lifeSeconds = grant.expiresIn ?? byClaims;
  return { lifeSeconds: lifeSeconds === null ? null : Math.min(lifeSeconds, LONGEST_LIFE_S) };
}

function parseClaims(
  text: string | null,
): { identity: unknown; iat: number | null; exp: number | null } | null {
  try {
    const claims: unknown = JSON.parse(text ?? '');
    if (typeof claims !== 'object' || claims === null) return null;
    const { grants, iat, exp } = claims as Partial<Record<string, unknown>>;
    if (typeof grants !== 'object' || grants === null || !('identity' in grants)) return null;
    return {
      identity: grants.identity,
      iat: typeof iat === 'number' ? iat : null,
      exp: typeof exp === 'number' ? exp : null,
    };
  } catch {
    return null;
  }
}

export interface TokenKeeper {
  /**
   * A token that is still good, or the one being fetched. Rejects only after `onGiveUp` or `stop`. `calm`: everybody
   * else may want one now as well, so that a request first waits for a random time up to 5 s.
   */
  current(calm?: boolean): Promise<TokenGrant>;
  /** A new token. Callers at the same time share one request. */
  renew(calm?: boolean): Promise<TokenGrant>;
  /** Time may have passed unnoticed: says now that the token is due, if it is. */
  check(): void;
  /** The chat service does not take the present token, whatever its claims say. */
  refused(): void;
  /** Ends a wait between two attempts. */
  retryNow(): void;
  stop(): void;
}

export interface TokenKeeperOptions {
  fetchToken: FetchToken;
  clock: SessionClock;
  crypto: SessionCrypto;
  /** Who asks, now. */
  claim(): TokenRequest;
  /** Archives the refused identity and makes another one. */
  newIdentity(because: RefusedIdentity, birthSeconds: number | null): Promise<void>;
  onTrouble(reason: ReasonCode, retryAt: number): void;
  onGiveUp(reason: ReasonCode): void;
  /** 80 % of the token's life is over. */
  onDue(): void;
}

/** Thrown to those who wait for a token that will not come. */
export class NoTokenError extends Error {
  override readonly name = 'NoTokenError';
}

export function createTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  const { clock, crypto } = options;
  let grant: TokenGrant | null = null;
  // Counted from receipt, so that a wrong clock at the visitor's does not matter.
  let age = stopwatch(clock);
  let lifeMs = 0;
  let dueMs = Number.POSITIVE_INFINITY;
  let calming = false;
  let pending: Promise<TokenGrant> | null = null;
  let identityReplaced = false;
  let stopped = false;
  let cancelDue = (): void => {};
  const pause = createCuttableWait(clock);

  const accept = (fresh: TokenGrant, lifeSeconds: number | null): TokenGrant => {
    grant = fresh;
    age = stopwatch(clock);
    lifeMs = lifeSeconds === null ? Number.POSITIVE_INFINITY : lifeSeconds * 1_000;
    dueMs = lifeMs > 0 ? Math.max(SHORTEST_REFRESH_MS, lifeMs * REFRESH_SHARE) : Number.POSITIVE_INFINITY;
    cancelDue();
    if (dueMs < Number.POSITIVE_INFINITY) cancelDue = clock.after(dueMs, options.onDue);
    return fresh;
  };

  const giveUp = (reason: ReasonCode): NoTokenError => {
    options.onGiveUp(reason);
    return new NoTokenError(`No token: ${reason}`);
  };

  const request = async (calm: boolean): Promise<TokenGrant> => {
    if (calm) {
      calming = true;
      await pause.wait(jitter(CALM_MS, crypto));
      calming = false;
    }
    for (let attempt = 1; ; attempt += 1) {
      if (stopped) throw new NoTokenError('The session was stopped.');
      let failure: TokenFailure | null = null;
      try {
        const claim = options.claim();
        const fresh = await withTimeLimit(options.fetchToken(claim), FETCH_LIMIT_MS, clock, () => {
          return new TokenServiceError('The token service did not answer in time.');
        });
        const { lifeSeconds } = checkToken(fresh, claim.identity);
        if (!stopped) return accept(fresh, lifeSeconds);
      } catch (error) {
        failure = readFailure(error);
      }
      if (stopped || !failure) throw new NoTokenError('The session was stopped.');
      if (failure.action === 'give_up') throw giveUp(failure.reason);
      if (failure.action === 'new_identity') {
        // Once: an identity that was just made and is refused again will be refused for ever.
        if (identityReplaced) throw giveUp('identity_rejected');
        identityReplaced = true;
        grant = null;
        await options.newIdentity(failure.because, failure.birthSeconds);
        attempt = 0;
        continue;
      }
      const { waitMs } = failure;
      const delay =
        waitMs === null ? backoffDelay(attempt, crypto) : waitMs + jitter(backoffCeiling(attempt), crypto);
      options.onTrouble(failure.reason, clock.now() + delay);
      await pause.wait(delay);
    }
  };

  const renew = (calm = false): Promise<TokenGrant> => {
    if (calming && !calm) pause.end();
    pending ??= request(calm).finally(() => {
      pending = null;
    });
    return pending;
  };

  return {
    // While a renewal is failing, the old token serves to its end.
    current: (calm) => (grant && age() < lifeMs ? Promise.resolve(grant) : renew(calm)),
    renew,
    check() {
      if (!grant || pending || age() < dueMs) return;
      cancelDue();
      options.onDue();
    },
    refused() {
      grant = null;
    },
    retryNow: pause.end,
    stop() {
      stopped = true;
      cancelDue();
      pause.end();
    },
  };
}
