import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createHumanCheck, readVerdict } from './human-check.js';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** A provider on this machine that answers as told, and what it was asked. */
async function provider(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const asked: Record<string, string>[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      expect(request.method).toBe('POST');
      expect(request.headers['content-type']).toContain('application/x-www-form-urlencoded');
      asked.push(Object.fromEntries(new URLSearchParams(body)));
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`;
  const verify = createHumanCheck({
    check: { provider: 'turnstile', secret: 'key of the site', url },
    timeoutMs: 200,
  });
  return { asked, url, verify };
}

const says =
  (body: unknown, status = 200) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

test('the provider is asked with the secret, the answer, and the address where it is known', async () => {
  const { verify, asked } = await provider(says({ success: true }));
  expect(await verify('an&swer', { ip: '192.0.2.1', origin: 'https://shop.example' })).toBe(true);
  expect(await verify('answer', {})).toBe(true);
  expect(asked).toEqual([
    { secret: 'key of the site', response: 'an&swer', remoteip: '192.0.2.1' },
    { secret: 'key of the site', response: 'answer' },
  ]);
});

test('an answer that comes again is refused by the provider', async () => {
  const seen = new Set<string>();
  const { verify } = await provider((response) => {
    const fresh = seen.size === 0;
    seen.add('answer');
    return says(fresh ? { success: true } : { success: false, 'error-codes': ['timeout-or-duplicate'] })(
      response,
    );
  });
  expect([await verify('answer', {}), await verify('answer', {})]).toEqual([true, false]);
});

test.each([
  ['invalid-input-response'],
  ['timeout-or-duplicate'],
  ['already-seen-response'],
  ['sitekey-secret-mismatch'],
  ['bad-request'],
])('%s is the answer’s fault', async (code) => {
  const { verify } = await provider(says({ success: false, 'error-codes': [code] }));
  expect(await verify('answer', {})).toBe(false);
});

describe('nobody can tell when the provider', () => {
  test.each<[string, (response: ServerResponse, request: IncomingMessage) => void]>([
    ['does not know the secret', says({ success: false, 'error-codes': ['invalid-input-secret'] })],
    ['misses the secret', says({ success: false, 'error-codes': ['missing-input-secret'] })],
    ['has trouble of its own', says({ success: false, 'error-codes': ['internal-error'] })],
    ['fails', (response) => response.writeHead(502).end('<html>')],
    ['says something else', says({ ok: true })],
    ['says yes in words', says({ success: 'true' })],
    ['says too much', (response) => response.end(JSON.stringify({ success: true, x: 'x'.repeat(20_000) }))],
    ['never ends', (response) => response.write('{"success":')],
    ['says nothing', () => {}],
    ['hangs up', (_, request) => request.socket.destroy()],
  ])('%s', async (_what, answer) => {
    const { verify } = await provider(answer);
    await expect(verify('answer', {})).rejects.toThrow();
  });

  test('sends the secret elsewhere', async () => {
    const elsewhere = await provider(says({ success: true }));
    const { verify } = await provider((response) =>
      response.writeHead(307, { location: elsewhere.url }).end(),
    );
    await expect(verify('answer', {})).rejects.toThrow();
    expect(elsewhere.asked).toEqual([]);
  });
});

test.each([
  ['turnstile', 'https://challenges.cloudflare.com/turnstile/v0/siteverify'],
  ['hcaptcha', 'https://api.hcaptcha.com/siteverify'],
] as const)('%s is asked at its own address', async (name, address) => {
  const asked: unknown[] = [];
  const verify = createHumanCheck({
    check: { provider: name, secret: 'x' },
    fetch: async (url) => {
      asked.push(url);
      return Response.json({ success: true });
    },
  });
  expect(await verify('answer', {})).toBe(true);
  expect(asked).toEqual([address]);
});

test('any text is read as a verdict or as none', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ success: fc.anything(), 'error-codes': fc.anything() })
      .map((value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? 0 : each)) ?? ''),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const verdict = readVerdict(text);
      if (verdict) {
        expect(JSON.parse(text).success).toBe(verdict.success);
        expect(verdict.codes.every((code) => typeof code === 'string')).toBe(true);
      }
    }),
  );
});

test('the secret is not sent over http to another machine, whoever wrote the configuration', () => {
  const at = (url: string) => () => createHumanCheck({ check: { provider: 'hcaptcha', secret: 'x', url } });
  expect(at('http://check.example/verify')).toThrow(/https/);
  expect(at('https://check.example/verify')).not.toThrow();
});
