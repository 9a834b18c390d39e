import { type Ask, form } from './host-under-test.js';
import { claimsAt, hs256 } from './user-tokens.js';

/** Calls of `/claim` and `/migrate` that every host refuses, and with which code. */

/** Whom {@link userToken} is of. */
export const USER = 'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60';

/** A token as the site signs it now. */
export const userToken = (changes: Record<string, unknown> = {}): string =>
  hs256(claimsAt(Math.floor(Date.now() / 1000), changes));

/** A call that is refused. */
export interface Refusal {
  path: '/chat-widget/claim' | '/chat-widget/migrate';
  /** What differs from a call that would be right. */
  fields?: () => Record<string, string>;
  ask?: Partial<Ask>;
  environment?: Record<string, string>;
  status: number;
  code: string;
  /** What Functions answer, where the platform keeps them from doing the same. */
  onFunctions?: { status: number; why: string };
}

export const CLAIM = '/chat-widget/claim';
const MIGRATE = '/chat-widget/migrate';
export const LEGACY = '6f1d6c9e-5b0f-4f0a-9d0e-2b8f3a1c7e55';
const WRONG_PROOF = `s1.AQ${'A'.repeat(41)}`;
const DELETE: Pick<Refusal, 'ask' | 'status' | 'code' | 'onFunctions'> = {
  ask: { method: 'DELETE' },
  status: 405,
  code: 'method_not_allowed',
  onFunctions: {
    status: 403,
    why: 'a Function is not told the method; what is asked for is refused all the same',
  },
};

/** By what is refused. */
export const REFUSALS: Record<string, Refusal> = {
  'a claim of nothing': {
    path: CLAIM,
    fields: () => ({ conversation_sid: '' }),
    status: 400,
    code: 'bad_request',
  },
  'a claim of what is somebody else’s': { path: CLAIM, status: 403, code: 'claim_refused' },
  'a claim without a login': {
    path: CLAIM,
    fields: () => ({ user_token: '' }),
    status: 401,
    code: 'proof_required',
  },
  'a claim by a login that is over': {
    path: CLAIM,
    fields: () => ({ user_token: userToken({ iat: 1, exp: 301 }) }),
    status: 401,
    code: 'user_token_expired',
  },
  'a claim by a bad login, observed or not': {
    path: CLAIM,
    environment: { USER_TOKEN_ENFORCE: 'observe' },
    fields: () => ({ user_token: `${userToken()}A` }),
    status: 401,
    code: 'user_token_invalid',
  },
  'a claim by a login that is for somebody else': {
    path: CLAIM,
    fields: () => ({ user_token: userToken({ aud: 'another-chat' }) }),
    status: 403,
    code: 'audience_mismatch',
  },
  'a claim without a proof': {
    path: CLAIM,
    fields: () => ({ proof: '' }),
    status: 401,
    code: 'proof_required',
  },
  'a claim with a wrong proof': {
    path: CLAIM,
    fields: () => ({ proof: WRONG_PROOF }),
    status: 403,
    code: 'proof_invalid',
  },
  'a claim by a banned user': {
    path: CLAIM,
    environment: { BANNED_IDENTITIES: USER },
    status: 403,
    code: 'banned',
  },
  'a claim on another site': {
    path: CLAIM,
    ask: { headers: { ...form, origin: 'https://evil.example' } },
    status: 403,
    code: 'origin_not_allowed',
  },
  'a claim by GET': {
    path: CLAIM,
    ask: { method: 'GET', headers: {} },
    status: 405,
    code: 'method_not_allowed',
  },
  'a claim by another method': { path: CLAIM, ...DELETE },
  'a claim of more than 4 KB': {
    path: CLAIM,
    fields: () => ({ more: 'x'.repeat(4096) }),
    status: 413,
    code: 'body_too_large',
  },
  'a claim as text': {
    path: CLAIM,
    ask: { headers: { 'content-type': 'text/plain' } },
    status: 415,
    code: 'unsupported_media_type',
  },
  'a claim while Twilio is away': {
    path: CLAIM,
    environment: { TWILIO_API_BASE_URL: 'http://127.0.0.1:9' },
    status: 502,
    code: 'twilio_unavailable',
  },
  'a claim while the site’s keys are away': {
    path: CLAIM,
    environment: {
      USER_TOKEN_ALGORITHM: 'ES256',
      USER_TOKEN_SECRETS: '',
      USER_TOKEN_JWKS_URL: 'http://127.0.0.1:9',
    },
    fields: () => ({ user_token: hs256(claimsAt(1), { alg: 'ES256' }) }),
    status: 503,
    code: 'jwks_unavailable',
  },
  'a move of nothing': {
    path: MIGRATE,
    fields: () => ({ legacy_conversation_sid: '' }),
    status: 400,
    code: 'bad_request',
  },
  'a move of nobody': {
    path: MIGRATE,
    fields: () => ({ legacy_identity: '' }),
    status: 400,
    code: 'bad_request',
  },
  'a move of an agent': {
    path: MIGRATE,
    fields: () => ({ legacy_identity: 'agent1' }),
    status: 400,
    code: 'bad_request',
  },
  'a move of somebody else’s conversation': { path: MIGRATE, status: 403, code: 'migration_refused' },
  'a move after the last day': {
    path: MIGRATE,
    environment: { LEGACY_UNTIL: '2020-01-01' },
    status: 403,
    code: 'migration_refused',
  },
  'a move where nobody may': {
    path: MIGRATE,
    environment: { LEGACY_UNTIL: '' },
    status: 403,
    code: 'migration_refused',
  },
  'a move without a proof': {
    path: MIGRATE,
    fields: () => ({ proof: '' }),
    status: 401,
    code: 'proof_required',
  },
  'a move with a wrong proof': {
    path: MIGRATE,
    fields: () => ({ proof: WRONG_PROOF }),
    status: 403,
    code: 'proof_invalid',
  },
  'a move to an identity that nobody can prove': {
    path: MIGRATE,
    fields: () => ({ identity: LEGACY }),
    status: 400,
    code: 'identity_malformed',
  },
  'a move of who is banned': {
    path: MIGRATE,
    environment: { BANNED_IDENTITIES: LEGACY },
    status: 403,
    code: 'banned',
  },
  'a move on another site': {
    path: MIGRATE,
    ask: { headers: { ...form, origin: 'https://evil.example' } },
    status: 403,
    code: 'origin_not_allowed',
  },
  'a move by another method': { path: MIGRATE, ...DELETE },
  'a move while Twilio is away': {
    path: MIGRATE,
    environment: { TWILIO_API_BASE_URL: 'http://127.0.0.1:9' },
    status: 502,
    code: 'twilio_unavailable',
  },
};
