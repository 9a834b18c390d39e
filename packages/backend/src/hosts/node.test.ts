import { once } from 'node:events';
import { connect } from 'node:net';
import { decodeJwt } from 'jose';
import twilio from 'twilio';
import { afterEach, describe, expect, test } from 'vitest';
import type { Bot } from '../bots/bot.js';
import type { Limits } from '../rate-limit.js';
import { testConfig } from '../testing/config.js';
import { gate } from '../testing/gate.js';
import { newVisitor } from '../testing/visitor.js';
import { createNodeHost, type NodeHost, type NodeHostOptions } from './node.js';

const silentBot: Bot = { identity: 'shop-bot', onMessageAdded: () => [] };
const ORIGIN = 'https://shop.example';

const running: NodeHost[] = [];
async function host(options: Partial<NodeHostOptions> = {}): Promise<NodeHost> {
  const started = await createNodeHost({ config: testConfig(), bot: silentBot, log: false, ...options });
  running.push(started);
  return started;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()));
});

test('a configuration that nothing can be made of leaves no server behind', async () => {
  const first = await host();
  await first.close();
  const { port } = first.config;
  const userTokens = {
    issuer: ORIGIN,
    algorithm: 'ES256',
    jwksUrl: 'http://shop.example',
    enforce: 'on',
  } as const;
  const config = testConfig({ port, userTokens });
  await expect(createNodeHost({ config, bot: silentBot, log: false })).rejects.toThrow(/https/);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

describe('the token route', () => {
  async function ask(url: string, init: RequestInit & { query?: string } = {}) {
    const visitor = await newVisitor();
    const response = await fetch(`${url}/chat-widget?${init.query ?? `identity=${visitor.identity}`}`, {
      method: 'POST',
      headers: { origin: ORIGIN },
      body: new URLSearchParams({ proof: visitor.proof }),
      ...init,
    });
    return { visitor, response };
  }

  test('gives a token to a form and to JSON alike', async () => {
    const { url } = await host();
    const { visitor, response } = await ask(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const answer = (await response.json()) as { token: string };
    expect(decodeJwt(answer.token)).toMatchObject({ grants: { identity: visitor.identity } });

    const second = await newVisitor();
    const json = await ask(url, {
      query: `identity=${second.identity}`,
      headers: { origin: ORIGIN, 'content-type': 'application/json' },
      body: JSON.stringify({ proof: second.proof }),
    });
    expect(json.response.status).toBe(200);
  });

  test('gives the bare token as text', async () => {
    const { url } = await host();
    const { response } = await ask(url, { headers: { origin: ORIGIN, accept: 'text/plain' } });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test.each([
    ['a body over 4 KB', 413, 'body_too_large', { body: new URLSearchParams({ proof: 'x'.repeat(5000) }) }],
    [
      'a file',
      415,
      'unsupported_media_type',
      { body: new Blob(['x'], { type: 'application/octet-stream' }) },
    ],
    ['plain text', 415, 'unsupported_media_type', { body: 'proof' }],
    [
      'broken JSON',
      400,
      'bad_request',
      { headers: { origin: ORIGIN, 'content-type': 'application/json' }, body: '{' },
    ],
    [
      'nested JSON',
      400,
      'bad_request',
      { headers: { origin: ORIGIN, 'content-type': 'application/json' }, body: '{"proof":{}}' },
    ],
    [
      'a JSON list',
      400,
      'bad_request',
      { headers: { origin: ORIGIN, 'content-type': 'application/json' }, body: '[]' },
    ],
    [
      'a poisoned JSON',
      400,
      'bad_request',
      {
        headers: { origin: ORIGIN, 'content-type': 'application/json' },
        body: '{"__proto__":{"proof":"x"}}',
      },
    ],
    [
      'a content type that is none',
      415,
      'unsupported_media_type',
      { headers: { origin: ORIGIN, 'content-type': ';;' }, body: 'x' },
    ],
    ['no body at all', 401, 'proof_required', { body: null }],
    ['GET', 401, 'proof_required', { method: 'GET', body: null }],
    ['PUT', 405, 'method_not_allowed', { method: 'PUT' }],
    ['two identities', 400, 'bad_request', { query: 'identity=a&identity=b' }],
  ] as [string, number, string, RequestInit & { query?: string }][])(
    'answers %s with %i %s, and lets the page read it',
    async (_what, status, code, init) => {
      const { url } = await host();
      const { response } = await ask(url, init);
      expect({ status: response.status, body: await response.json() }).toEqual({
        status,
        body: { error: { code, message: expect.any(String) }, serverTime: expect.any(Number) },
      });
      expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(response.headers.get('vary')).toBe('Origin');
      expect(response.headers.get('cache-control')).toBe('no-store');
    },
  );

  test('believes no header about who calls', async () => {
    const { url } = await host({
      limits: { take: async (bucket, key) => (bucket === 'ip' && key === '127.0.0.1' ? 9 : 0) },
    });
    const { response } = await ask(url, { headers: { origin: ORIGIN, 'x-forwarded-for': '198.51.100.7' } });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('9');
  });
});

describe('bad input', () => {
  test('at an unknown address is answered with a code', async () => {
    const { url } = await host();
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await fetch(`${url}/nothing/here`, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: { code: 'not_found', message: expect.any(String) } });
    }
  });

  test('that is no URL is answered with a code', async () => {
    const { url } = await host();
    const response = await fetch(`${url}/%zz`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { code: 'bad_request', message: expect.any(String) } });
  });

  test('of more parameters than anybody needs is refused before a signature is looked at', async () => {
    const { url } = await host();
    const body = Array.from({ length: 20_000 }, (_, each) => each.toString(36)).join('=&');
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': 'x' };
    const response = await fetch(`${url}/webhooks/message-added`, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { code: 'bad_request', message: expect.any(String) } });
  });

  test('at a webhook without a signature is answered with a code', async () => {
    const { url } = await host();
    for (const path of ['/webhooks/conversation-added', '/webhooks/message-added']) {
      const response = await fetch(url + path, { method: 'POST', body: new URLSearchParams({ Body: 'x' }) });
      expect(response.status).toBe(403);
      expect(await response.json()).toEqual({
        error: { code: 'signature_invalid', message: expect.any(String) },
      });
    }
  });
});

test('a webhook is known by the public address, whatever host the proxy in front asks for', async () => {
  const publicBaseUrl = 'https://chat.shop.example/service';
  const { url, config } = await host({ config: testConfig({ publicBaseUrl }) });
  const params = { AccountSid: config.accountSid, EventType: 'onUserAdded', Body: 'ü' };
  const deliver = (signedFor: string) =>
    fetch(`${url}/webhooks/message-added`, {
      method: 'POST',
      headers: {
        'x-twilio-signature': twilio.getExpectedTwilioSignature(config.authToken, signedFor, params),
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
      },
      body: new URLSearchParams(params),
    });
  expect((await deliver(`${publicBaseUrl}/webhooks/message-added`)).status).toBe(204);
  for (const other of [url, 'https://evil.example']) {
    expect((await deliver(`${other}/webhooks/message-added`)).status).toBe(403);
  }
});

test('it says that it is well', async () => {
  const { url } = await host();
  const response = await fetch(`${url}/healthz`);
  expect(await response.json()).toEqual({ status: 'ok' });
  expect(response.headers.get('server')).toBeNull();
  expect(response.headers.get('x-powered-by')).toBeNull();
});

test('the log has one line for each request, with who asked and what came of it, and none for being well', async () => {
  const lines: string[] = [];
  const { url, close } = await host({ log: { stream: { write: (line) => void lines.push(line) } } });
  await fetch(`${url}/nothing/here?identity=somebody`);
  await fetch(`${url}/healthz`);
  await close();
  const requests = lines.map((line) => JSON.parse(line)).filter(({ req }) => req !== undefined);
  expect(requests).toEqual([
    expect.objectContaining({
      req: { method: 'GET', path: 'none', from: '127.0.0.1' },
      res: { statusCode: 404 },
      responseTime: expect.any(Number),
      msg: 'request completed',
    }),
  ]);
});

test('a call for a token has one line in the log, its handler’s, and the host’s beside it at debug', async () => {
  const visitor = await newVisitor();
  for (const [level, hostLines] of [
    ['info', 0],
    ['debug', 1],
  ] as const) {
    const lines: string[] = [];
    const { url, close } = await host({ log: { level, stream: { write: (line) => void lines.push(line) } } });
    await fetch(`${url}/chat-widget?identity=${visitor.identity}`, {
      method: 'POST',
      headers: { origin: ORIGIN },
      body: new URLSearchParams({ proof: visitor.proof }),
    });
    await close();
    const written = lines.map((line) => JSON.parse(line));
    expect(written.filter(({ event }) => event === 'token')).toEqual([
      expect.objectContaining({ outcome: 'granted', origin: ORIGIN, from: '127.0.0.1' }),
    ]);
    expect(written.filter(({ req }) => req !== undefined)).toHaveLength(hostLines);
  }
});

test('a free port fills in the public address and the origins that were given without one', async () => {
  const { url, config } = await host({
    config: testConfig({
      publicBaseUrl: 'http://127.0.0.1:0',
      allowedOrigins: ['http://localhost:0', ORIGIN],
    }),
  });
  const { port } = new URL(url);
  expect(config.publicBaseUrl).toBe(`http://127.0.0.1:${port}`);
  expect(config.allowedOrigins).toEqual([`http://localhost:${port}`, ORIGIN]);
});

test('a busy port is refused by name', async () => {
  const { url } = await host();
  const port = Number(new URL(url).port);
  await expect(host({ config: testConfig({ port }) })).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringContaining(`Port ${port}`),
  });
});

describe('closing', () => {
  test('does not wait for a connection that asks nothing', async () => {
    const { url, close } = await host();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    const gone = once(socket, 'close');
    socket.resume();
    await close();
    await gone;
  });

  test('can be asked for twice, and the port is free afterwards', async () => {
    const { url, close } = await host();
    await Promise.all([close(), close()]);
    await host({ config: testConfig({ port: Number(new URL(url).port) }) });
  });
});

test('a whole run leaves no token, proof, identity or secret in the log', async () => {
  const lines: string[] = [];
  const config = testConfig();
  const { url, close } = await host({
    log: { level: 'debug', stream: { write: (line) => void lines.push(line) } },
  });
  const visitor = await newVisitor();
  const ask = (init: RequestInit) => fetch(`${url}/chat-widget?identity=${visitor.identity}`, init);
  const body = new URLSearchParams({ proof: visitor.proof });
  const headers = { origin: ORIGIN, authorization: 'Bearer somebody', cookie: 'sid=cookie-value' };
  const { token } = (await (await ask({ method: 'POST', headers, body })).json()) as { token: string };
  await ask({ method: 'POST', headers, body: 's1.plain' });
  await fetch(`${url}/webhooks/message-added`, {
    method: 'POST',
    headers: { 'x-twilio-signature': 'a-signature=' },
    body: new URLSearchParams({ Body: 'my card number' }),
  });
  await close();
  const log = lines.join('');
  expect(log).toContain('"outcome":"granted"');
  expect(log).toContain('"outcome":"signature_invalid"');
  for (const secret of [
    token,
    'eyJ',
    's1.',
    visitor.identity,
    'somebody',
    'cookie-value',
    'a-signature',
    'my card number',
    config.apiKeySecret,
    config.authToken,
  ]) {
    expect(log).not.toContain(secret);
  }
});

test('calls that are decided in one turn of the event loop are answered together, after the last of them', async () => {
  const waiting: (() => void)[] = [];
  const both = gate();
  const limits: Limits = {
    take: (bucket) =>
      bucket === 'identity'
        ? new Promise((resolve) => {
            if (waiting.push(() => resolve(0)) === 2) both.open();
          })
        : Promise.resolve(0),
  };
  const said: string[] = [];
  const stream = { write: (line: string) => void said.push(JSON.parse(line).msg) };
  const { url } = await host({ limits, log: { level: 'debug', stream } });
  const answers = [await newVisitor(), await newVisitor()].map(({ identity, proof }) =>
    fetch(`${url}/chat-widget?identity=${identity}`, {
      method: 'POST',
      headers: { origin: ORIGIN },
      body: new URLSearchParams({ proof }),
    }),
  );
  await both.opened;
  said.length = 0;
  waiting[0]?.();
  // Time enough for the first to be answered, were it not for the second; and still the same turn.
  for (let hop = 0; hop < 100; hop += 1) await new Promise((resolve) => process.nextTick(resolve));
  waiting[1]?.();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
  expect(said).toEqual(['token granted', 'token granted', 'request completed', 'request completed']);
});
