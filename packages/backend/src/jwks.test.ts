import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createJwks, type JwksOptions } from './jwks.js';
import { type Log, silentLog } from './log.js';
import { gate } from './testing/gate.js';
import { serve } from './testing/user-tokens.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const ec = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const key = ec();
const jwk = (kid: string, more: object = {}, from: KeyObject = key) => ({
  ...from.export({ format: 'jwk' }),
  kid,
  ...more,
});

const servers: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A site that publishes keys, and a service that reads them, both with a clock that the test turns. */
async function site(options: Partial<JwksOptions> = {}) {
  let answer: RequestListener = (_request, response) => response.writeHead(500).end();
  const server = await serve((request, response) => answer(request, response));
  servers.push(server);
  let time = 1_795_342_132_000;
  const warnings: string[] = [];
  const reasons: unknown[] = [];
  const log: Log = {
    ...silentLog,
    warn: (_fields, message) => warnings.push(message),
    error: (fields) => reasons.push((fields as { message?: unknown }).message),
  };
  const keyFor = createJwks({
    url: `${server.url}/jwks.json`,
    algorithm: 'ES256',
    log,
    now: () => time,
    ...options,
  });
  return {
    server,
    warnings,
    reasons,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    answerWith: (listener: RequestListener) => {
      answer = listener;
    },
    publish: (...keys: unknown[]) => {
      answer = (_request, response) => response.end(JSON.stringify({ keys }));
    },
    fail: () => {
      answer = (_request, response) => response.writeHead(500).end();
    },
    /** `found`, `none`, or the refusal. */
    look: (kid: string): Promise<string> =>
      keyFor(kid).then(
        (found) => (found ? 'found' : 'none'),
        (error: { code?: string; retryAfter?: number }) => `${error.code} ${error.retryAfter}`,
      ),
  };
}

describe("a site's public keys", () => {
  test('are read once and believed for ten minutes', async () => {
    const { publish, look, pass, server } = await site();
    publish(jwk('a'), jwk('b'));
    expect(await look('a')).toBe('found');
    publish(jwk('b'));
    pass(10 * MINUTE - 1);
    expect(await look('a')).toBe('found');
    expect(server.asked()).toBe(1);
    pass(1);
    expect(await look('a')).toBe('none');
    expect(await look('b')).toBe('found');
    expect(server.asked()).toBe(2);
  });

  test('are asked for by one call, however many tokens come at once', async () => {
    const { answerWith, look, server } = await site();
    const { open, opened } = gate();
    answerWith(
      (_request, response) => void opened.then(() => response.end(JSON.stringify({ keys: [jwk('a')] }))),
    );
    const looks = Promise.all(['a', 'a', 'b', 'a'].map(look));
    open();
    expect(await looks).toEqual(['found', 'found', 'none', 'found']);
    expect(server.asked()).toBe(1);
  });

  test('may change: an unknown one is looked for, at most each half minute', async () => {
    const { publish, look, pass, server } = await site();
    publish(jwk('a'));
    await look('a');
    publish(jwk('a'), jwk('b'));
    pass(29_999);
    expect(await look('b')).toBe('none');
    pass(1);
    expect(await look('b')).toBe('found');
    for (const kid of ['c', 'd', '__proto__', 'constructor', '']) expect(await look(kid)).toBe('none');
    expect(server.asked()).toBe(2);
  });

  test('go on being believed for a day while the site does not answer, and not longer', async () => {
    const { publish, fail, look, pass, server } = await site();
    publish(jwk('a'));
    await look('a');
    fail();
    pass(10 * MINUTE);
    expect(await look('a')).toBe('found');
    // Whether a key that was not there before is there now, nobody knows.
    expect(await look('b')).toBe('jwks_unavailable 30');
    expect(server.asked()).toBe(2);
    pass(30_000);
    expect(await look('a')).toBe('found');
    expect(server.asked()).toBe(3);
    pass(24 * HOUR);
    expect(await look('a')).toBe('jwks_unavailable 30');
    pass(12_000);
    expect(await look('a')).toBe('jwks_unavailable 18');
    publish(jwk('a'));
    pass(18_000);
    expect(await look('a')).toBe('found');
  });

  test('are read anew after the clock was set back', async () => {
    const { publish, look, pass } = await site();
    publish(jwk('a'));
    await look('a');
    publish(jwk('b'));
    pass(-HOUR);
    expect(await look('a')).toBe('none');
  });

  test('may all be taken back', async () => {
    const { publish, look, pass, warnings } = await site();
    publish(jwk('a'));
    await look('a');
    publish();
    pass(10 * MINUTE);
    expect(await look('a')).toBe('none');
    expect(warnings).toEqual(['no key at USER_TOKEN_JWKS_URL is for ES256']);
  });

  test.each<[string, RegExp, RequestListener]>([
    ['a failure', /answered 500/, (_request, response) => response.writeHead(500).end('{"keys":[]}')],
    ['no content', /answered 204/, (_request, response) => response.writeHead(204).end()],
    ['a page', /not a JSON Web Key Set/, (_request, response) => response.end('<!doctype html>')],
    ['a list', /not a JSON Web Key Set/, (_request, response) => response.end('[]')],
    ['no list of keys', /not a JSON Web Key Set/, (_request, response) => response.end('{"keys":{}}')],
    ['null', /not a JSON Web Key Set/, (_request, response) => response.end('null')],
    ['a cut', /fetch failed/, (request) => void request.socket.destroy()],
    [
      'more than 64 KB',
      /more than 64 KB/,
      (_request, response) => response.end(JSON.stringify({ keys: [jwk('a')], more: 'x'.repeat(64 * 1024) })),
    ],
    [
      'megabytes without an end',
      /more than 64 KB/,
      (_request, response) => {
        const more = () => {
          while (response.write(Buffer.alloc(16_384, ' '))) if (response.destroyed) return;
          response.once('drain', more);
        };
        more();
      },
    ],
  ])('are unavailable when the address answers with %s', async (_what, reason, listener) => {
    const { answerWith, look, reasons } = await site();
    answerWith(listener);
    expect(await look('a')).toBe('jwks_unavailable 30');
    expect(reasons).toEqual([expect.stringMatching(reason)]);
  });

  test('are at their address and not where that leads on to', async () => {
    const elsewhere = await serve((_request, response) => response.end(JSON.stringify({ keys: [jwk('a')] })));
    servers.push(elsewhere);
    const { answerWith, look } = await site();
    answerWith((_request, response) => response.writeHead(302, { location: elsewhere.url }).end());
    expect(await look('a')).toBe('jwks_unavailable 30');
    expect(elsewhere.asked()).toBe(0);
  });

  test.each<[string, RequestListener]>([
    ['does not answer', () => {}],
    ['starts to', (_request, response) => void response.write('{"keys":')],
  ])('are not waited for long when the site %s', async (_what, listener) => {
    const { answerWith, look, reasons } = await site({ timeoutMs: 50 });
    answerWith(listener);
    expect(await look('a')).toBe('jwks_unavailable 30');
    expect(reasons).toEqual([expect.stringMatching(/timeout/)]);
  });

  test('are unavailable when nothing listens', async () => {
    const { look, server } = await site();
    await server.close();
    expect(await look('a')).toBe('jwks_unavailable 30');
  });
});

describe('the address of the keys', () => {
  const at = (url: string) => createJwks({ url, algorithm: 'ES256', log: silentLog, now: Date.now });

  test.each([
    'http://shop.example/jwks.json',
    'http://127.0.0.1.evil.example/jwks.json',
    'http://localhost@evil.example/jwks.json',
    'file:///etc/jwks.json',
    'data:application/json,{"keys":[]}',
    'jwks.json',
    '',
  ])('%s is refused, by whom the configuration was written, too', (url) => {
    expect(() => at(url)).toThrow(/https/);
  });

  test.each([
    'https://shop.example/jwks.json',
    'http://127.0.0.1:1/jwks.json',
    'http://[::1]:1/',
    'http://localhost:1/',
  ])('%s is taken', (url) => {
    expect(() => at(url)).not.toThrow();
  });
});

describe('a key', () => {
  const rsa = (bits: number) => generateKeyPairSync('rsa', { modulusLength: bits });
  const [strong, weak] = [rsa(2048), rsa(1024)];
  const ed = generateKeyPairSync('ed25519');
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const exported = (from: KeyObject, more: object = {}) => ({
    ...from.export({ format: 'jwk' }),
    kid: 'a',
    ...more,
  });

  test.each<[string, 'ES256' | 'RS256' | 'EdDSA', unknown]>([
    ['ES256', 'ES256', jwk('a')],
    [
      'that says what it is for',
      'ES256',
      jwk('a', { use: 'sig', alg: 'ES256', key_ops: ['verify'], x5c: ['junk'] }),
    ],
    ['RS256', 'RS256', exported(strong.publicKey)],
    ['EdDSA', 'EdDSA', exported(ed.publicKey, { alg: 'EdDSA' })],
    ['EdDSA by its newer name', 'EdDSA', exported(ed.publicKey, { alg: 'Ed25519' })],
  ])('of %s is used', async (_what, algorithm, given) => {
    const { publish, look } = await site({ algorithm });
    publish(null, 7, 'junk', {}, given);
    expect(await look('a')).toBe('found');
  });

  test.each<[string, 'ES256' | 'RS256' | 'EdDSA', unknown]>([
    ['without an id', 'ES256', jwk('a', { kid: undefined })],
    ['for encryption', 'ES256', jwk('a', { use: 'enc' })],
    ['for signing', 'ES256', jwk('a', { key_ops: ['sign'] })],
    ['for another algorithm', 'ES256', jwk('a', { alg: 'ES384' })],
    ['of another curve', 'ES256', exported(p384)],
    ['of another kind', 'ES256', exported(strong.publicKey)],
    ['that is a secret', 'ES256', { kty: 'oct', k: 'c2VjcmV0', kid: 'a', alg: 'ES256' }],
    ['that is private', 'ES256', exported(privateKey)],
    ['off its curve', 'ES256', jwk('a', { x: jwk('a').y })],
    ['for PSS', 'RS256', exported(strong.publicKey, { alg: 'PS256' })],
    ['that is private and of RSA', 'RS256', exported(strong.privateKey)],
    ['of 1024 bits', 'RS256', exported(weak.publicKey)],
    ['of Edwards, where ES256 is expected', 'ES256', exported(ed.publicKey)],
  ])('%s is not used', async (_what, algorithm, given) => {
    const { publish, look } = await site({ algorithm });
    publish(given);
    expect(await look('a')).toBe('none');
  });
});
