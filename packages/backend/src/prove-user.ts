import { type Call, type Params, valuesOf } from './call.js';
import type { UserTokenConfig } from './config.js';
import { ServiceError } from './errors.js';
import { createJwks } from './jwks.js';
import type { Log } from './log.js';
import type { OnCount } from './on-count.js';
import { type ProveVisitor, single } from './prove-visitor.js';
import { type Limits, networkOf } from './rate-limit.js';
import { spend } from './spend.js';
import {
  createUserTokenVerifier,
  secretKeys,
  type UserTokenKey,
  type VerifyUserToken,
} from './user-token.js';

/** What {@link createUserProof} takes. */
export interface UserProofOptions {
  config: { userTokens?: UserTokenConfig };
  limits: Limits;
  log: Log;
  onCount?: OnCount;
  /** Milliseconds. */
  now: () => number;
}

/**
 * {@link ProveVisitor} for logged-in visitors, who show a token of the host site in `user_token`. What their
 * conversations are named by is no secret: where names matter, this service alone makes conversations.
 *
 * @throws TypeError when the keys of the configuration do not go with its algorithm, or cannot be relied on.
 */
export function createUserProof(options: UserProofOptions): ProveVisitor {
  const { config, limits, log, onCount, now } = options;
  const verify = config.userTokens && verifier(config.userTokens, log, now);
  const enforce = config.userTokens?.enforce ?? 'on';

  return async (call, body) => {
    const token = readToken(call, body);
    if (!verify) {
      throw new ServiceError(
        'user_token_invalid',
        "This service does not know the site's logged-in visitors: set USER_TOKEN_ISSUER and what belongs to it.",
      );
    }
    if (call.ip !== undefined) await spend(limits, 'ip', networkOf(call.ip));
    const identity = await verify(token).catch((error: unknown) => {
      onCount?.('user_token', {
        outcome: error instanceof ServiceError ? error.code : 'internal_error',
        enforce,
      });
      throw error;
    });
    onCount?.('user_token', { outcome: 'accepted', enforce });
    checkIdentity(identity, call, body);
    await spend(limits, 'identity', identity);
    return { identity, kind: 'user', nameSeed: Buffer.from(identity, 'utf8') };
  };
}

/**
 * {@link ProveVisitor} for everybody: a `user_token` decides where there is one, the proof elsewhere. While tokens are
 * only observed, who shows a bad one is whom the proof beside it proves: never the user whom the token speaks of.
 */
export function createProof(options: {
  config: { userTokens?: UserTokenConfig };
  log: Log;
  anonymous: ProveVisitor;
  user: ProveVisitor;
}): ProveVisitor {
  const { config, log, anonymous, user } = options;

  return async (call, body) => {
    if (!asksAsUser(call, body)) return await anonymous(call, body);
    try {
      return await user(call, body);
    } catch (error) {
      if (config.userTokens?.enforce !== 'observe' || !isAboutToken(error) || !hasProof(body)) throw error;
      log.warn(
        { event: 'user_token', outcome: error.code, enforce: 'observe' },
        'a user token would be refused with USER_TOKEN_ENFORCE=on; its visitor is served as an anonymous one',
      );
      return await anonymous(countedBefore(call), body);
    }
  };
}

/** A call whose network was counted already: one call costs one. */
export function countedBefore(call: Call): Call {
  const { ip: _ip, ...uncounted } = call;
  return uncounted;
}

function verifier(config: UserTokenConfig, log: Log, now: () => number): VerifyUserToken {
  return createUserTokenVerifier({ config, keyFor: keysOf(config, log, now), now });
}

/** One family of keys: a public key that could be taken for a secret is the oldest of the attacks on JWT. */
function keysOf({ algorithm, secrets, jwksUrl }: UserTokenConfig, log: Log, now: () => number): UserTokenKey {
  if (algorithm === 'HS256') {
    if (secrets === undefined) throw new TypeError('HS256 needs userTokens.secrets.');
    return secretKeys(secrets);
  }
  if (jwksUrl === undefined) throw new TypeError(`${algorithm} needs userTokens.jwksUrl.`);
  return createJwks({ url: jwksUrl, algorithm, log, now });
}

const asksAsUser = (call: Call, body: Params): boolean => valuesOf('user_token', call.query, body).length > 0;

const hasProof = (body: Params): boolean => valuesOf('proof', body).length > 0;

function readToken(call: Call, body: Params): string {
  if (valuesOf('user_token', call.query).length > 0) {
    throw new ServiceError('bad_request', "A user's token in the URL ends up in logs. Send it in the body.");
  }
  const token = single('user_token', body);
  if (token === undefined || token === '') {
    throw new ServiceError('proof_required', "Show the user's token in the body, as user_token.");
  }
  return token;
}

/** An identity beside a proof is the anonymous one; alone it has to be the user's. */
function checkIdentity(identity: string, call: Call, body: Params): void {
  const asked = single('identity', call.query, body);
  if (asked === undefined || asked === identity || hasProof(body)) return;
  throw new ServiceError(
    'proof_invalid',
    "The user's token belongs to another identity. Leave identity out: the answer has the right one.",
  );
}

const TOKEN_REFUSALS = new Set<string>([
  'user_token_expired',
  'user_token_invalid',
  'audience_mismatch',
  'jwks_unavailable',
]);

const isAboutToken = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && TOKEN_REFUSALS.has(error.code);
