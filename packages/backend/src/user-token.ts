import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { type CryptoKey, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { UserTokenConfig } from './config.js';
import { ServiceError } from './errors.js';

/** Separates this hash from every other use of SHA-256; part of the contract with host sites. */
const DOMAIN = 'twilio-webchat/user/v1';
const AUDIENCE = 'twilio-webchat';
/** With all that a claim has beside it, it fits into a body of 4 KB. */
const LONGEST_TOKEN = 3 * 1024;
const LONGEST_NAME = 200;
/** A token that leaks is of use for this long at most. */
const LONGEST_LIFE_SECONDS = 600;
const TOLERANCE_SECONDS = 60;
/** What HS256 needs. */
const LEAST_SECRET_BYTES = 32;
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** They bring a key of the sender's own along, or change what the signature means. */
const REFUSED_HEADERS = ['crit', 'jku', 'jwk', 'x5c', 'x5u'];

/** The key of a key id; `undefined` when the site has no such key. */
export type UserTokenKey = (kid: string) => Promise<CryptoKey | KeyObject | undefined>;

/** Reads a logged-in visitor's token: resolves to their identity, or refuses. */
export type VerifyUserToken = (token: string) => Promise<string>;

/**
 * Secrets by key id, as HS256 takes them.
 *
 * @throws TypeError when a secret is short enough to be guessed.
 */
export function secretKeys(secrets: Readonly<Record<string, string>>): UserTokenKey {
  for (const [kid, secret] of Object.entries(secrets)) {
    if (Buffer.byteLength(secret) >= LEAST_SECRET_BYTES) continue;
    throw new TypeError(`The secret of the key ${kid} has less than ${LEAST_SECRET_BYTES} bytes.`);
  }
  // A Map, because a plain object has keys such as `constructor` that nobody configured.
  const keys = new Map(
    Object.entries(secrets).map(([kid, secret]) => [kid, createSecretKey(secret, 'utf8')]),
  );
  return (kid) => Promise.resolve(keys.get(kid));
}

/** The identity of a logged-in visitor: 45 characters that say nothing about the person. */
export function userIdentity(issuer: string, subject: string): string {
  const hash = createHash('sha256').update(`${DOMAIN}\0${issuer}\0${subject}`, 'utf8').digest('base64url');
  return `u_${hash}`;
}

/**
 * Verifies the host site's tokens. Only the configured algorithm is tried, with a key of the site's own: the token
 * names one by its key id and can bring none along.
 */
export function createUserTokenVerifier(options: {
  config: Pick<UserTokenConfig, 'issuer' | 'algorithm'>;
  keyFor: UserTokenKey;
  /** Milliseconds. */
  now: () => number;
}): VerifyUserToken {
  const { config, keyFor, now } = options;

  return async (token) => {
    const key = await keyFor(readKeyId(token, config.algorithm));
    if (!key) throw invalid('names a key that the site does not have');
    const currentDate = new Date(now());
    const claims = await jwtVerify(token, key, {
      algorithms: [config.algorithm],
      issuer: config.issuer,
      audience: AUDIENCE,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate,
      requiredClaims: ['sub', 'iat', 'exp', 'jti'],
    }).then(({ payload }) => payload, refuse);
    return userIdentity(config.issuer, readSubject(claims, currentDate.getTime() / 1000));
  };
}

function readKeyId(token: string, algorithm: string): string {
  if (token.length > LONGEST_TOKEN) throw invalid('is longer than 3 KB');
  if (!COMPACT.test(token)) throw invalid('is not three parts of base64url');
  const header = decodeHeader(token);
  if (header.alg !== algorithm) throw invalid(`is not signed by ${algorithm}: see USER_TOKEN_ALGORITHM`);
  const refused = REFUSED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) throw invalid(`has the header ${refused}`);
  if (typeof header.kid !== 'string') throw invalid('names no key: give it a kid');
  return header.kid;
}

function decodeHeader(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw invalid('has a header that cannot be read');
  }
}

/** Reached by tokens with a right signature only. */
function readSubject({ sub, aud, iat, exp, jti }: JWTPayload, now: number): string {
  // Whoever else a token is meant for could show it here.
  if (typeof aud !== 'string') throw foreign();
  if (typeof iat !== 'number' || typeof exp !== 'number') throw invalid('has no iat or exp');
  if (iat > now + TOLERANCE_SECONDS) throw invalid('was made in the future: compare the clocks');
  if (exp - iat > LONGEST_LIFE_SECONDS) throw invalid(`lives longer than ${LONGEST_LIFE_SECONDS} s`);
  if (!isName(jti)) throw invalid(`has no jti of 1 to ${LONGEST_NAME} characters`);
  if (!isName(sub)) throw invalid(`has no sub of 1 to ${LONGEST_NAME} characters`);
  return sub;
}

/** Halves of surrogate pairs all become the same bytes, so two people would get one identity. */
function isName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= LONGEST_NAME &&
    !/\p{Surrogate}/u.test(value)
  );
}

function refuse(error: unknown): never {
  if (error instanceof errors.JWTExpired) {
    throw new ServiceError('user_token_expired', "The user's token is past its time. Get a new one.");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud' && error.reason === 'check_failed') throw foreign();
    throw invalid(`has no right ${error.claim}`);
  }
  throw invalid('has a signature that is not right, or claims that cannot be read');
}

function foreign(): ServiceError {
  return new ServiceError(
    'audience_mismatch',
    `The user's token is for somebody else: its aud is not "${AUDIENCE}".`,
  );
}

function invalid(what: string): ServiceError {
  return new ServiceError('user_token_invalid', `The user's token ${what}.`);
}
