import { afterEach, describe, expect, test } from 'vitest';
import type { Config } from './config.js';
import { ERROR_STATUS, type ErrorCode } from './errors.js';
import type { NodeHostOptions } from './hosts/node.js';
import { MESSAGE_ADDED, messageFields } from './testing/deliveries.js';
import { parrot } from './testing/parrot.js';
import { PAGE_ORIGIN, type Stack, startStack } from './testing/stack.js';
import { claimsAt, hs256, ISSUER, KID, SECRET } from './testing/user-tokens.js';
import { newVisitor } from './testing/visitor.js';

const now = Math.floor(Date.now() / 1000);
const visitor = await newVisitor();
const other = await newVisitor();
const userTokens = { issuer: ISSUER, algorithm: 'HS256', secrets: { [KID]: SECRET }, enforce: 'on' } as const;
const NOTHING = 'http://127.0.0.1:1';
const nobodyNew: NodeHostOptions['limits'] = {
  take: async (bucket) => (bucket === 'newIdentities' ? 60 : 0),
};

/** How a caller gets a code out of a running service. */
interface Row {
  ask(stack: Stack): Promise<Response>;
  config?: Partial<Config>;
  options?: Partial<NodeHostOptions>;
  /** Whether a page is told; webhooks and unknown addresses are no page's business. */
  page?: false;
}

const post = (
  path: string,
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
) => ({
  ask: ({ host }: Stack) =>
    fetch(host.url + path, { method: 'POST', headers: { origin: PAGE_ORIGIN, ...headers }, body }),
});
const form = (path: string, fields: Record<string, string>) => post(path, new URLSearchParams(fields));
const token = (identity: string, fields: Record<string, string>) =>
  form(`/chat-widget?identity=${encodeURIComponent(identity)}`, fields);
const asked = token(visitor.identity, { proof: visitor.proof });
const born = async (birth: number) => {
  const { identity, proof } = await newVisitor(birth);
  return token(identity, { proof });
};

const ROWS: Record<Exclude<ErrorCode, 'port_in_use'>, Row> = {
  bad_request: post('/chat-widget', '{', { 'content-type': 'application/json' }),
  identity_malformed: token('<b>', { proof: visitor.proof }),
  identity_reserved: token('agent-anna', { proof: visitor.proof }),
  identity_expired: { ...(await born(now - 31 * 86_400)), config: { maxIdAgeDays: 30 } },
  identity_not_yet_valid: await born(now + 90_000),
  proof_required: token(visitor.identity, {}),
  proof_malformed: token(visitor.identity, { proof: 's1.x' }),
  proof_invalid: token(visitor.identity, { proof: other.proof }),
  user_token_expired: form('/chat-widget', { user_token: hs256(claimsAt(now - 3600)) }),
  user_token_invalid: form('/chat-widget', { user_token: 'x' }),
  audience_mismatch: form('/chat-widget', { user_token: hs256(claimsAt(now, { aud: 'another' })) }),
  jwks_unavailable: {
    ...form('/chat-widget', { user_token: hs256(claimsAt(now), { alg: 'ES256' }) }),
    config: { userTokens: { issuer: ISSUER, algorithm: 'ES256', jwksUrl: NOTHING, enforce: 'on' } },
  },
  claim_refused: {
    ask: async (stack) =>
      form('/chat-widget/claim', {
        ...visitor,
        user_token: hs256(claimsAt(now)),
        conversation_sid: await stack.newConversation(),
      }).ask(stack),
  },
  migration_refused: form('/chat-widget/migrate', { ...visitor }),
  banned: { ...asked, config: { bannedIdentities: [visitor.identity] } },
  human_check_required: { ...asked, options: { verifyHuman: async () => false } },
  human_check_unavailable: {
    ...token(visitor.identity, { proof: visitor.proof, human_token: 'x' }),
    options: { verifyHuman: () => Promise.reject(new Error('away')) },
  },
  budget_exhausted: { ...asked, options: { limits: nobodyNew } },
  rate_limited: { ...asked, options: { limits: { take: async () => 7 } } },
  twilio_unavailable: { ...asked, options: { limits: nobodyNew }, config: { twilioApiBaseUrl: NOTHING } },
  internal_error: { ...asked, options: { isBanned: () => Promise.reject(new Error('no database')) } },
  origin_not_allowed: {
    ...post('/chat-widget', new URLSearchParams(), { origin: 'https://evil.example' }),
    page: false,
  },
  method_not_allowed: {
    ask: ({ host }) =>
      fetch(`${host.url}/chat-widget`, { method: 'DELETE', headers: { origin: PAGE_ORIGIN } }),
  },
  body_too_large: token(visitor.identity, { proof: 'x'.repeat(5000) }),
  unsupported_media_type: post('/chat-widget', 'proof'),
  signature_invalid: {
    ask: ({ host }) => fetch(host.url + MESSAGE_ADDED, { method: 'POST', body: new URLSearchParams() }),
    page: false,
  },
  delivery_too_old: {
    ask: (stack) =>
      stack.deliver(MESSAGE_ADDED, {
        ...messageFields(`CH${'0'.repeat(32)}`, 'once'),
        DateCreated: '2026-01-01T00:00:00.000Z',
      }),
    page: false,
  },
  not_found: { ask: ({ host }) => fetch(`${host.url}/nothing/here`), page: false },
};

let stack: Stack | undefined;
afterEach(async () => {
  await stack?.close();
  stack = undefined;
});

describe('every code that a call can get', () => {
  test('is in this table', () => {
    const { port_in_use: _neverAnswered, ...answered } = ERROR_STATUS;
    expect(Object.keys(ROWS).sort()).toEqual(Object.keys(answered).sort());
  });

  test.each(Object.entries(ROWS))('%s', async (code, row) => {
    stack = await startStack(parrot(), row.options ?? {}, { userTokens, ...row.config });
    const response = await row.ask(stack);
    const page = row.page ?? true;
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: ERROR_STATUS[code as ErrorCode],
      body: {
        error: { code, message: expect.stringMatching(/^[A-Z].{10,}\.$/) },
        // What pages call tells the time, and everything else need not.
        ...(page || code === 'origin_not_allowed' ? { serverTime: expect.any(Number) } : {}),
      },
    });
    const { headers } = response;
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBe(page ? PAGE_ORIGIN : null);
    if (page) expect(headers.get('access-control-expose-headers')).toBe('Retry-After');
    const wait = [429, 503].includes(response.status) ? expect.stringMatching(/^[1-9]\d*$/) : null;
    expect(headers.get('retry-after')).toEqual(wait);
  });
});
