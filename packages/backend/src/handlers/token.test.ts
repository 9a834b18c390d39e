import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { createAdmission } from '../admission.js';
import type { Call, CallBody, Params } from '../call.js';
import type { Config } from '../config.js';
import { createMemoryKnownVisitors } from '../known-visitors.js';
import { createLegacyVisitor } from '../legacy-visitor.js';
import { type Log, silentLog } from '../log.js';
import { createAnonymousProof } from '../prove-visitor.js';
import { createMemoryLimits, type Limits } from '../rate-limit.js';
import { testConfig } from '../testing/config.js';
import { newVisitor } from '../testing/visitor.js';
import { createTokenHandler } from './token.js';

const NOW = 1_795_342_132;
const ORIGIN = 'https://shop.example';
const visitor = await newVisitor(NOW - 3600);
const other = await newVisitor(NOW - 3600);
const unborn = await newVisitor(NOW + 90_000);
const old = await newVisitor(NOW - 31 * 86_400);

const limited: Limits = { take: async (bucket) => (bucket === 'ip' ? 7 : 0) };
const restless: Limits = { take: async (bucket) => (bucket === 'identity' ? 3 : 0) };

function handler(
  changes: Partial<Config> = {},
  limits: Limits = createMemoryLimits({ now: () => NOW * 1000 }),
  log: Log = silentLog,
) {
  const now = () => NOW * 1000;
  const config = testConfig(changes);
  return createTokenHandler({
    config,
    prove: createAnonymousProof({ config, limits, now }),
    ...(config.legacyGet && { legacy: createLegacyVisitor({ limits }) }),
    admit: createAdmission({
      config,
      limits,
      known: createMemoryKnownVisitors(),
      hasUser: () => Promise.reject(new Error('Nobody is looked up here.')),
      log,
    }),
    log,
    now,
  });
}

function form(params: Params): CallBody {
  return { kind: 'params', params };
}

function call(changes: Partial<Call> = {}): Call {
  return {
    method: 'POST',
    headers: { origin: ORIGIN, accept: 'application/json' },
    query: { identity: visitor.identity },
    search: `?identity=${visitor.identity}`,
    body: form({ proof: visitor.proof }),
    ip: '192.0.2.1',
    ...changes,
  };
}

describe('a visitor who proves who they are', () => {
  test('gets a token for themselves and nobody else', async () => {
    const reply = await handler()(call());
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ token: expect.any(String), identity: visitor.identity, expiresIn: 3600 });
    expect(decodeJwt((reply.body as { token: string }).token)).toMatchObject({
      iat: NOW,
      exp: NOW + 3600,
      grants: { identity: visitor.identity, chat: { service_sid: testConfig().serviceSid } },
    });
  });

  test('is told the realtime address where one is configured', async () => {
    const realtimeUrl = 'ws://127.0.0.1:4010/v3/wsconnect';
    expect((await handler({ realtimeUrl })(call())).body).toMatchObject({ realtimeUrl });
  });

  test('gets the bare token as text when asking for text', async () => {
    const reply = await handler()(call({ headers: { origin: ORIGIN, accept: 'text/plain' } }));
    expect(reply.body).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const shouted = await handler()(call({ headers: { origin: ORIGIN, accept: 'Text/Plain; q=0.9' } }));
    expect(shouted.body).toEqual(expect.any(String));
    const both = await handler()(
      call({ headers: { origin: ORIGIN, accept: 'application/json, text/plain' } }),
    );
    expect(both.body).toHaveProperty('token');
  });

  test('may send the identity in the body, as hosts that merge both do', async () => {
    const reply = await handler()(call({ query: {}, body: form({ ...visitor }) }));
    expect(reply.status).toBe(200);
  });

  test('belongs to one app', async () => {
    const inApp = await newVisitor(NOW, 'shop-eu');
    const asked = call({ query: { identity: inApp.identity }, body: form({ proof: inApp.proof }) });
    expect((await handler({ appId: 'shop-eu' })(asked)).status).toBe(200);
    expect((await handler()(asked)).body).toMatchObject({ error: { code: 'proof_invalid' } });
  });
});

describe('a refusal', () => {
  const v4 = '0a1b2c3d-0730-4b4c-80b1-652c298efc65';
  const noLimit: Limits = { take: async () => 0 };
  const broken: Limits = { take: () => Promise.reject(new Error('secret detail')) };
  const rows: [
    status: number,
    code: string,
    what: string,
    asked: Call,
    config?: Partial<Config>,
    limits?: Limits,
  ][] = [
    [401, 'proof_required', 'GET', call({ method: 'GET', body: form({}) })],
    [405, 'method_not_allowed', 'PUT', call({ method: 'PUT' })],
    [413, 'body_too_large', 'a large body', call({ body: { kind: 'too_large' } })],
    [415, 'unsupported_media_type', 'another content type', call({ body: { kind: 'unsupported' } })],
    [400, 'bad_request', 'a broken body', call({ body: { kind: 'malformed' } })],
    [400, 'identity_malformed', 'no identity', call({ query: {} })],
    [400, 'identity_malformed', 'garbage', call({ query: { identity: 'a b\n' } })],
    [403, 'identity_reserved', 'an agent’s name', call({ query: { identity: 'agent-anna' } })],
    [403, 'identity_reserved', 'the bot’s name', call({ query: { identity: 'shop-bot' } })],
    [403, 'identity_reserved', 'a logged-in visitor', call({ query: { identity: `u_${'a'.repeat(43)}` } })],
    [400, 'identity_malformed', 'a version 4 UUID', call({ query: { identity: v4 } })],
    [400, 'bad_request', 'two identities', call({ query: { identity: [visitor.identity, other.identity] } })],
    [400, 'bad_request', 'an identity in both places', call({ body: form({ ...visitor }) })],
    [400, 'bad_request', 'a proof in the URL', call({ query: { ...visitor }, body: form({}) })],
    [400, 'bad_request', 'two proofs', call({ body: form({ proof: [visitor.proof, other.proof] }) })],
    [401, 'proof_required', 'no proof', call({ body: form({}) })],
    [401, 'proof_required', 'an empty proof', call({ body: form({ proof: '' }) })],
    [400, 'proof_malformed', 'no proof at all', call({ body: form({ proof: 's1.x' }) })],
    [403, 'proof_invalid', 'somebody else’s identity', call({ query: { identity: other.identity } })],
    [
      403,
      'identity_not_yet_valid',
      'an unborn identity',
      call({ query: { identity: unborn.identity }, body: form({ proof: unborn.proof }) }),
    ],
    [
      403,
      'identity_expired',
      'an old identity',
      call({ query: { identity: old.identity }, body: form({ proof: old.proof }) }),
      { maxIdAgeDays: 30 },
    ],
    [429, 'rate_limited', 'too many calls of a network', call(), {}, limited],
    [429, 'rate_limited', 'too many calls of a visitor', call(), {}, restless],
    [500, 'internal_error', 'a failure of ours', call(), {}, broken],
  ];

  test.each(rows)('%i %s answers %s', async (status, code, _what, asked, config = {}, limits = noLimit) => {
    const reply = await handler(config, limits)(asked);
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual({ error: { code, message: expect.any(String) }, serverTime: NOW });
    expect(JSON.stringify(reply.body)).not.toContain('secret detail');
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      vary: 'Origin',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  test.each([
    ['network', limited, '7'],
    ['visitor', restless, '3'],
  ])('says after how many seconds a restless %s may come back', async (_who, limits, seconds) => {
    const reply = await handler({}, limits)(call());
    expect(reply.headers).toMatchObject({
      'retry-after': seconds,
      'access-control-expose-headers': 'Retry-After',
    });
  });

  test('names the methods there are', async () => {
    const asked = call({ method: 'DELETE' });
    expect((await handler()(asked)).headers.allow).toBe('POST, OPTIONS');
    expect((await handler({ legacyGet: true })(asked)).headers.allow).toBe('GET, POST, OPTIONS');
  });
});

test.each<[Config['response'], string | undefined, 'json' | 'text']>([
  ['json', undefined, 'json'],
  ['json', '*/*', 'json'],
  ['json', 'text/plain', 'text'],
  ['text', undefined, 'text'],
  ['text', '*/*', 'text'],
  ['text', 'application/json, text/plain', 'json'],
])('a service that answers %s gives a caller who accepts %s %s', async (response, accept, shape) => {
  const headers = { origin: ORIGIN, ...(accept !== undefined && { accept }) };
  const { body } = await handler({ response })(call({ headers }));
  expect(typeof body === 'string' ? 'text' : 'json').toBe(shape);
});

describe('a client of the original', () => {
  const v4 = '0a1b2c3d-0730-4b4c-80b1-652c298efc65';
  const asked = (query: Params = { identity: v4 }, changes: Partial<Call> = {}) =>
    call({ method: 'GET', headers: { origin: ORIGIN }, query, body: form({}), ...changes });

  test('gets the bare token of a version 4 UUID by GET', async () => {
    const reply = await handler({ legacyGet: true })(asked());
    expect(decodeJwt(reply.body as string)).toMatchObject({ grants: { identity: v4 } });
    expect(reply.headers).toMatchObject({ 'access-control-allow-origin': ORIGIN });
  });

  test('gets JSON when asking for JSON', async () => {
    const headers = { origin: ORIGIN, accept: 'application/json' };
    const reply = await handler({ legacyGet: true })(asked(undefined, { headers }));
    expect(reply.body).toMatchObject({ identity: v4, expiresIn: 3600 });
  });

  test.each<[code: string, what: string, query: Params]>([
    ['identity_reserved', 'a visitor who can prove it', { identity: visitor.identity }],
    [
      'identity_reserved',
      'a logged-in visitor',
      { identity: 'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60' },
    ],
    ['identity_reserved', 'an agent', { identity: 'agent-anna' }],
    ['identity_reserved', 'a bot', { identity: 'shop-bot' }],
    ['identity_malformed', 'nobody', {}],
    ['identity_malformed', 'garbage', { identity: '<script>' }],
    ['identity_malformed', 'upper case', { identity: v4.toUpperCase() }],
    ['identity_malformed', 'another version', { identity: '0a1b2c3d-0730-1b4c-80b1-652c298efc65' }],
    ['identity_malformed', 'another variant', { identity: '0a1b2c3d-0730-4b4c-c0b1-652c298efc65' }],
    ['bad_request', 'two at once', { identity: [v4, v4] }],
    ['bad_request', 'a proof in the URL', { ...visitor }],
    ['bad_request', 'a proof beside a version 4 UUID', { identity: v4, proof: visitor.proof }],
    ['bad_request', 'a user token in the URL', { identity: v4, user_token: 'x' }],
  ])('gets %s for %s', async (code, _what, query) => {
    const reply = await handler({ legacyGet: true })(asked(query));
    expect(reply.body).toMatchObject({ error: { code } });
  });

  test('is not served by POST, nor when nobody turned it on', async () => {
    const post = await handler({ legacyGet: true })(asked(undefined, { method: 'POST' }));
    expect(post.body).toMatchObject({ error: { code: 'identity_malformed' } });
    expect((await handler()(asked())).body).toMatchObject({ error: { code: 'proof_required' } });
  });

  test('leaves everybody else with their proofs', async () => {
    const ask = handler({ legacyGet: true });
    expect((await ask(call())).status).toBe(200);
    expect((await ask(call({ body: form({}) }))).body).toMatchObject({ error: { code: 'proof_required' } });
  });

  test('has to be on a page of the list, and is banned and counted as everybody', async () => {
    const elsewhere = asked(undefined, { headers: { origin: 'https://evil.example' } });
    expect((await handler({ legacyGet: true })(elsewhere)).status).toBe(403);
    const banned = await handler({ legacyGet: true, bannedIdentities: [v4] })(asked());
    expect(banned.body).toMatchObject({ error: { code: 'banned' } });
    for (const limits of [limited, restless]) {
      expect((await handler({ legacyGet: true }, limits)(asked())).status).toBe(429);
    }
  });

  test('is refused any identity but a version 4 UUID, whatever is asked for', async () => {
    const ask = handler({ legacyGet: true }, { take: async () => 0 });
    const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.uuid(), fc.uuid({ version: 8 }));
    await fc.assert(
      fc.asyncProperty(texts, async (identity) => {
        const reply = await ask(asked({ identity }));
        expect(reply.status === 200).toBe(/^[0-9a-f-]{14}4[0-9a-f-]{21}$/.test(identity));
        expect(reply.status).not.toBe(500);
      }),
    );
  });
});

test('whatever a stranger sends, the answer is a token for its owner or a refusal', async () => {
  const word = fc.oneof(fc.string(), fc.constantFrom(visitor.identity, visitor.proof, other.identity, ''));
  const name = fc.oneof(
    fc.constantFrom('identity', 'proof', 'human_token', '__proto__', 'constructor', 'ended'),
    fc.string(),
  );
  const params = fc.dictionary(name, fc.oneof(word, fc.array(word, { maxLength: 3 })), { maxKeys: 5 });
  const bodies = fc.oneof(
    params.map(form),
    fc
      .constantFrom<CallBody['kind']>('too_large', 'unsupported', 'malformed')
      .map((kind) => ({ kind }) as CallBody),
  );
  const methods = fc.constantFrom('GET', 'POST', 'OPTIONS', 'HEAD', 'PUT');
  const accepts = fc.oneof(fc.string(), fc.constantFrom('text/plain', 'application/json'));
  const ask = handler({ legacyGet: true }, { take: async () => 0 });
  await fc.assert(
    fc.asyncProperty(methods, accepts, params, bodies, async (method, accept, query, body) => {
      const reply = await ask(call({ method, headers: { origin: ORIGIN, accept }, query, body }));
      expect(reply.status).not.toBe(500);
      if (reply.status !== 200 || method !== 'POST') return;
      const proofs = body.kind === 'params' ? body.params.proof : undefined;
      expect([proofs].flat()).toEqual([visitor.proof]);
      const token = typeof reply.body === 'string' ? reply.body : (reply.body as { token: string }).token;
      expect(decodeJwt(token)).toMatchObject({ grants: { identity: visitor.identity } });
    }),
    { numRuns: 500 },
  );
});

describe('an origin that is not on the list', () => {
  test.each([
    undefined,
    'null',
    'https://shop.example.evil.test',
    'https://evil-shop.example',
    'https://sub.shop.example',
    'http://shop.example',
    'https://shop.example:8443',
    'https://SHOP.example',
    'https://shop.example.',
    'https://shop.example/',
  ])('%s gets no token and no CORS header', async (origin) => {
    for (const method of ['POST', 'OPTIONS']) {
      const reply = await handler()(call({ method, headers: origin === undefined ? {} : { origin } }));
      expect(reply.status).toBe(403);
      expect(reply.body).toMatchObject({ error: { code: 'origin_not_allowed' } });
      expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
      expect(reply.headers.vary).toBe('Origin');
    }
  });

  test('is named for a page of this service itself, whose GET brings no Origin', async () => {
    const own = { publicBaseUrl: 'https://shop.example/chat', legacyGet: true };
    const get = (site: string | undefined, changes: Partial<Config> = {}, method = 'GET') =>
      handler({ ...own, ...changes })(
        call({
          method,
          headers: site === undefined ? {} : { 'sec-fetch-site': site },
          query: { identity: '0a1b2c3d-0730-4b4c-80b1-652c298efc65' },
          body: form({}),
        }),
      );
    const served = await get('same-origin');
    expect([served.status, typeof served.body]).toEqual([200, 'string']);
    expect(served.headers).not.toHaveProperty('access-control-allow-origin');
    for (const site of [undefined, '', 'none', 'same-site', 'cross-site', 'same-origin, cross-site']) {
      expect((await get(site)).body).toMatchObject({ error: { code: 'origin_not_allowed' } });
    }
    // Not every page that this host serves is on the list, and browsers name the origin of every POST.
    expect((await get('same-origin', { publicBaseUrl: 'https://chat.example' })).status).toBe(403);
    expect((await get('same-origin', {}, 'POST')).body).toMatchObject({
      error: { code: 'origin_not_allowed' },
    });
    expect((await get('same-origin', {}, 'OPTIONS')).status).toBe(403);
    expect((await get('same-origin', { publicBaseUrl: 'no address' })).status).toBe(403);
  });

  test('named beside Sec-Fetch-Site is what counts', async () => {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' };
    const ask = handler({ publicBaseUrl: 'https://shop.example', legacyGet: true });
    expect((await ask(call({ method: 'GET', headers, body: form({}) }))).status).toBe(403);
  });

  test('may be null where that is configured', async () => {
    const reply = await handler({ allowedOrigins: ['null'] })(call({ headers: { origin: 'null' } }));
    expect(reply.status).toBe(200);
  });
});

test('a preflight of an allowed origin is answered', async () => {
  const reply = await handler()(call({ method: 'OPTIONS', query: {}, body: form({}) }));
  expect(reply).toMatchObject({
    status: 204,
    body: null,
    headers: {
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST',
      vary: 'Origin',
    },
  });
});

describe('limits', () => {
  test('let a visitor reload twenty times at once, and a network ask forty times', async () => {
    const ask = handler();
    for (let count = 0; count < 20; count += 1) expect((await ask(call())).status).toBe(200);
    expect((await ask(call())).body).toMatchObject({ error: { code: 'rate_limited' } });

    const statuses: number[] = [];
    for (let count = 0; count < 21; count += 1) {
      const { identity, proof } = await newVisitor(NOW);
      statuses.push((await ask(call({ query: { identity }, body: form({ proof }) }))).status);
    }
    expect(statuses).toEqual([...Array(19).fill(200), 429, 429]);
  });

  test('count a caller whose address is unknown by the visitor alone', async () => {
    const { ip: _ip, ...nameless } = call();
    const ask = handler();
    for (let count = 0; count < 20; count += 1) expect((await ask(nameless)).status).toBe(200);
    expect((await ask(nameless)).status).toBe(429);
  });

  test('count a wrong proof against the network it comes from, never against the visitor it names', async () => {
    const ask = handler();
    const forged = call({ ip: '198.51.100.7', body: form({ proof: other.proof }) });
    const guesses: number[] = [];
    for (let count = 0; count < 41; count += 1) guesses.push((await ask(forged)).status);
    expect(guesses).toEqual([...Array(40).fill(403), 429]);
    expect((await ask(call())).status).toBe(200);
  });

  test('look at no proof of a network that has asked too often', async () => {
    const reply = await handler({}, limited)(call({ body: form({ proof: 's1.x' }) }));
    expect(reply.body).toMatchObject({ error: { code: 'rate_limited' } });
  });
});

test('the log tells what happened and never who or with which proof', async () => {
  const lines: string[] = [];
  const write = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
  const ask = handler({}, undefined, { info: write, warn: write, error: write });
  const reply = await ask(call());
  await ask(call({ query: { identity: other.identity } }));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain('"outcome":"granted"');
  expect(lines[1]).toContain('"outcome":"proof_invalid"');
  const { token } = reply.body as { token: string };
  for (const secret of [token, 'eyJ', visitor.proof, visitor.identity, 's1.', testConfig().apiKeySecret]) {
    expect(lines.join('\n')).not.toContain(secret);
  }
});
