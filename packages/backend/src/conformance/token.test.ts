import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltFunctions, buildFunctions } from '../testing/functions-project.js';
import {
  type Ask,
  call,
  form,
  type HostUnderTest,
  hostsUnderTest,
  PAGE_ORIGIN,
  type RunningHost,
  shows,
} from '../testing/host-under-test.js';
import { newVisitor, secretOf, type Visitor, visitorOf } from '../testing/visitor.js';

/** What each host makes of the same calls. Where a host cannot do as the other does, the case says why. */

let built: BuiltFunctions;
beforeAll(async () => {
  built = await buildFunctions(fileURLToPath(new URL('../testing/echo-bot.ts', import.meta.url)));
});
afterAll(() => built.remove());

const DAY = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);
const json = { 'content-type': 'application/json' };

interface Case {
  ask: (visitor: Visitor) => Ask | Promise<Ask>;
  environment?: Record<string, string>;
  /** Calls that go before, by the same visitor. */
  before?: number;
  visitor?: () => Promise<Visitor>;
  code: string;
  status: number;
  /** What another host answers, and why it cannot do the same. */
  onFunctions?: { status: number; code?: string; why: string };
}

const CASES: Record<string, Case> = {
  'no identity': {
    ask: ({ proof }) => ({ headers: form, body: `proof=${proof}` }),
    status: 400,
    code: 'identity_malformed',
  },
  'a name that could be an agent’s': {
    ask: (visitor) => ({ ...shows(visitor), query: '?identity=agent-anna' }),
    status: 403,
    code: 'identity_reserved',
  },
  'a proof that is none': {
    ask: (visitor) => ({ ...shows(visitor), body: 'proof=s1.short' }),
    status: 400,
    code: 'proof_malformed',
  },
  'no proof': { ask: (visitor) => ({ ...shows(visitor), body: 'x=1' }), status: 401, code: 'proof_required' },
  'somebody else’s proof': {
    ask: async (visitor) => ({ ...shows(visitor), body: `proof=${(await newVisitor()).proof}` }),
    status: 403,
    code: 'proof_invalid',
  },
  'an identity from the future': {
    visitor: () => newVisitor(now() + 2 * DAY),
    ask: shows,
    status: 403,
    code: 'identity_not_yet_valid',
  },
  'an identity that is too old': {
    environment: { MAX_ID_AGE_DAYS: '30' },
    visitor: () => newVisitor(now() - 31 * DAY),
    ask: shows,
    status: 403,
    code: 'identity_expired',
  },
  'a banned visitor': {
    environment: { BANNED_IDENTITIES: 'f2b2ab4f-0000-8000-8000-000000000000,BANNED' },
    ask: shows,
    status: 403,
    code: 'banned',
  },
  'another site': {
    ask: (visitor) => ({ ...shows(visitor), headers: { ...form, origin: 'https://shop.example.evil' } }),
    status: 403,
    code: 'origin_not_allowed',
  },
  'no site': {
    ask: (visitor) => ({ ...shows(visitor), headers: { ...form, origin: '' } }),
    status: 403,
    code: 'origin_not_allowed',
  },
  'a GET with an identity': {
    ask: ({ identity }) => ({ method: 'GET', query: `?identity=${identity}` }),
    status: 401,
    code: 'proof_required',
  },
  'a legacy GET for an identity that can be proven': {
    environment: { LEGACY_GET: 'on' },
    ask: ({ identity }) => ({ method: 'GET', query: `?identity=${identity}` }),
    status: 403,
    code: 'identity_reserved',
  },
  'a legacy GET with a proof in the URL': {
    environment: { LEGACY_GET: 'on' },
    ask: ({ identity, proof }) => ({ method: 'GET', query: `?identity=${identity}&proof=${proof}` }),
    status: 400,
    code: 'bad_request',
  },
  'a body of more than 4 KB': {
    ask: (visitor) => ({ ...shows(visitor), body: `proof=${visitor.proof}&more=${'x'.repeat(4096)}` }),
    status: 413,
    code: 'body_too_large',
  },
  'a body that is neither a form nor JSON': {
    ask: (visitor) => ({ ...shows(visitor), headers: { 'content-type': 'text/plain' } }),
    status: 415,
    code: 'unsupported_media_type',
  },
  'JSON that holds more than texts': {
    ask: (visitor) => ({ ...shows(visitor), headers: json, body: '{"proof":{"s1":true}}' }),
    status: 400,
    code: 'bad_request',
  },
  'a proof given twice': {
    ask: (visitor) => ({ ...shows(visitor), body: `proof=${visitor.proof}&proof=${visitor.proof}` }),
    status: 400,
    code: 'bad_request',
  },
  'too many calls of one visitor': {
    before: 20,
    ask: shows,
    status: 429,
    code: 'rate_limited',
  },
  'more new visitors than the hour has': {
    environment: { NEW_IDENTITIES_PER_HOUR: '1' },
    ask: async () => shows(await newVisitor()),
    before: 1,
    status: 429,
    code: 'budget_exhausted',
  },
  'a new visitor who did not pass the human check': {
    environment: { HUMAN_CHECK: 'turnstile', HUMAN_CHECK_SECRET: 'human-check-secret-000' },
    ask: shows,
    status: 403,
    code: 'human_check_required',
  },
  'a human check that nobody can make': {
    environment: {
      HUMAN_CHECK: 'turnstile',
      HUMAN_CHECK_SECRET: 'human-check-secret-000',
      HUMAN_CHECK_URL: 'http://127.0.0.1:9/siteverify',
    },
    ask: (visitor) => ({ ...shows(visitor), body: `proof=${visitor.proof}&human_token=x` }),
    status: 503,
    code: 'human_check_unavailable',
  },
  'a proof in the URL of a POST': {
    ask: ({ identity, proof }) => ({
      query: `?identity=${identity}&proof=${proof}`,
      headers: form,
      body: 'x=1',
    }),
    status: 400,
    code: 'bad_request',
    onFunctions: { status: 200, why: 'the platform merges the URL into the body before a Function sees it' },
  },
  'an identity in the URL and in the body': {
    ask: (visitor) => ({ ...shows(visitor), body: `proof=${visitor.proof}&identity=${visitor.identity}` }),
    status: 400,
    code: 'bad_request',
    onFunctions: { status: 200, why: 'the platform merges the URL into the body before a Function sees it' },
  },
  'JSON that is broken': {
    ask: (visitor) => ({ ...shows(visitor), headers: json, body: '{"proof":' }),
    status: 400,
    code: 'bad_request',
    onFunctions: {
      status: 400,
      why: 'the runtime parses bodies and refuses this one itself, without our code',
    },
  },
  'a method that nobody serves': {
    ask: (visitor) => ({ ...shows(visitor), method: 'DELETE' }),
    status: 405,
    code: 'method_not_allowed',
    onFunctions: { status: 200, why: 'a Function is not told the method; it shows a proof all the same' },
  },
};

let host: RunningHost;
afterEach(() => host.close());

describe.each(hostsUnderTest(() => built.dir))(
  'the token service on $name',
  ({ name, start }: HostUnderTest) => {
    it('gives a visitor who proves it a token, readable by their page alone', async () => {
      host = await start();
      const visitor = await newVisitor();
      const response = await call(`${host.url}/chat-widget`, shows(visitor));
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        token: expect.stringMatching(/^eyJ/),
        identity: visitor.identity,
        expiresIn: 3600,
        realtimeUrl: host.emulator.wsUrl,
      });
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'access-control-allow-origin': PAGE_ORIGIN,
        'cache-control': 'no-store',
        'content-type': 'application/json; charset=utf-8',
        vary: expect.stringContaining('Origin'),
      });
    });

    it('takes the proof as JSON too', async () => {
      host = await start();
      const { identity, proof } = await newVisitor();
      const body = JSON.stringify({ identity, proof });
      expect((await call(`${host.url}/chat-widget`, { headers: json, body })).status).toBe(200);
    });

    it('gives the bare token as text to whoever reads text alone', async () => {
      host = await start();
      const ask = shows(await newVisitor());
      const response = await call(`${host.url}/chat-widget`, {
        ...ask,
        headers: { ...ask.headers, accept: 'text/plain' },
      });
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await response.text()).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    });

    it('serves the original’s GET where it is turned on', async () => {
      host = await start({ LEGACY_GET: 'on' });
      const response = await call(`${host.url}/chat-widget`, {
        method: 'GET',
        query: '?identity=6f1d6c9e-5b0f-4f0a-9d0e-2b8f3a1c7e55',
      });
      expect(response.status).toBe(200);
      expect(await response.text()).toMatch(/^eyJ/);
    });

    it('serves it on a page of its own origin too, where browsers send no Origin', async () => {
      host = await start({ LEGACY_GET: 'on', PUBLIC_BASE_URL: PAGE_ORIGIN });
      const ask = (site: string) =>
        call(`${host.url}/chat-widget`, {
          method: 'GET',
          query: '?identity=6f1d6c9e-5b0f-4f0a-9d0e-2b8f3a1c7e55',
          headers: { origin: '', 'sec-fetch-site': site },
        });
      expect((await ask('same-origin')).status).toBe(200);
      expect((await ask('cross-site')).status).toBe(403);
    });

    it.each(Object.entries(CASES))('answers %s', async (_title, entry) => {
      const visitor = await (entry.visitor ?? newVisitor)();
      const environment = Object.entries(entry.environment ?? {});
      host = await start(
        Object.fromEntries(
          environment.map(([key, value]) => [key, value.replace('BANNED', visitor.identity)]),
        ),
      );
      const where = `${host.url}/chat-widget`;
      for (let each = 0; each < (entry.before ?? 0); each += 1) {
        expect((await call(where, await entry.ask(visitor))).status).toBe(200);
      }
      const response = await call(where, await entry.ask(visitor));
      const other = name === 'Functions' ? entry.onFunctions : undefined;
      expect(response.status).toBe(other?.status ?? entry.status);
      if (other) {
        expect(other.why).not.toBe('');
        return;
      }
      expect(await response.clone().json()).toEqual({
        error: { code: entry.code, message: expect.stringMatching(/\w.*\.$/s) },
        serverTime: expect.any(Number),
      });
      const readable = entry.code === 'origin_not_allowed' ? null : PAGE_ORIGIN;
      expect(response.headers.get('access-control-allow-origin')).toBe(readable);
      expect(response.headers.get('cache-control')).toBe('no-store');
      if ([429, 503].includes(entry.status)) {
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      }
    });

    it('lets the browser’s question before a call through', async () => {
      host = await start();
      const preflight = { 'access-control-request-method': 'POST' };
      const response = await call(`${host.url}/chat-widget`, { method: 'OPTIONS', headers: preflight });
      expect(response.status).toBe(204);
      // On Functions the runtime answers for us, to every page: only the call itself can be refused.
      expect(response.headers.get('access-control-allow-origin')).toBe(name === 'Node' ? PAGE_ORIGIN : '*');
    });

    it('counts a network’s calls where it knows the network', async () => {
      host = await start();
      const statuses: number[] = [];
      for (let each = 0; each < 41; each += 1) {
        const response = await call(`${host.url}/chat-widget`, shows(await visitorOf(secretOf(now()))));
        statuses.push(response.status);
      }
      // A Function does not see the address of who calls it.
      expect(statuses.at(-1)).toBe(name === 'Node' ? 429 : 200);
      expect(statuses.slice(0, 40).every((status) => status === 200)).toBe(true);
    });
  },
);
