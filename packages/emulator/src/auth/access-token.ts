import { compactVerify, decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose';
import type { Clock } from '../clock.js';
import { checkIdentity } from '../conversations/limits.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import type { Credentials } from '../options.js';

/** A token that passed every check. Times are milliseconds since the epoch. */
export interface AccessToken {
  identity: string;
  expiresAt: number;
}

/** Twilio's error codes for access tokens. */
export const tokenErrors = {
  20101: 'Invalid Access Token',
  20102: 'Invalid Access Token header',
  20103: 'Invalid Access Token issuer/subject',
  20104: 'Access Token expired or expiration date invalid',
  20105: 'Access Token not yet valid',
  20106: 'Invalid Access Token grants',
  20107: 'Invalid Access Token signature',
  20157: 'Access Token lifetime is longer than 24 hours',
} as const;

type TokenErrorCode = keyof typeof tokenErrors;

type TokenVerdict = { valid: true; token: AccessToken } | { valid: false; errorCode: TokenErrorCode };

/** Checks an access token against the account, its API key and its Conversations service. Never throws. */
export type VerifyToken = (token: string) => Promise<TokenVerdict>;

const maxLifetimeSeconds = 24 * 60 * 60;
export const refuseToken = (errorCode: TokenErrorCode): TokenVerdict => ({ valid: false, errorCode });

export function createTokenVerifier(credentials: Credentials, clock: Clock): VerifyToken {
  const secret = new TextEncoder().encode(credentials.apiKeySecret);
  return async (token) => {
    const header = readHeader(token);
    if (header === undefined || header.typ !== 'JWT' || header.alg !== 'HS256') return refuseToken(20101);
    if (header.cty !== 'twilio-fpa;v=1') return refuseToken(20102);
    const claims = readClaims(token);
    if (claims === undefined) return refuseToken(20101);
    // The issuer names the key, so it is read before the signature can be checked; nothing else is.
    if (claims.iss !== credentials.apiKeySid) return refuseToken(20103);
    try {
      await compactVerify(token, secret, { algorithms: ['HS256'] });
    } catch {
      return refuseToken(20107);
    }
    if (claims.sub !== credentials.accountSid) return refuseToken(20103);
    return checkClaims(claims, credentials.serviceSid, clock.now());
  };
}

function checkClaims(claims: JsonObject, serviceSid: string, now: number): TokenVerdict {
  const { exp, iat, nbf, grants } = claims;
  const nowSeconds = now / 1000;
  if (typeof exp !== 'number' || !Number.isFinite(exp) || exp <= nowSeconds) return refuseToken(20104);
  if (typeof nbf === 'number' && nbf > nowSeconds) return refuseToken(20105);
  const start = typeof iat === 'number' && iat < nowSeconds ? iat : nowSeconds;
  if (exp - start > maxLifetimeSeconds) return refuseToken(20157);
  if (!isObject(grants) || !isObject(grants.chat)) return refuseToken(20106);
  const { identity } = grants;
  if (!isIdentity(identity) || grants.chat.service_sid !== serviceSid) return refuseToken(20106);
  return { valid: true, token: { identity, expiresAt: exp * 1000 } };
}

function isIdentity(value: unknown): value is string {
  try {
    return typeof value === 'string' && checkIdentity(value) === value;
  } catch {
    return false;
  }
}

function readHeader(token: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}

function readClaims(token: string): JsonObject | undefined {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  const claims = parseJson(payload);
  return isObject(claims) ? claims : undefined;
}
