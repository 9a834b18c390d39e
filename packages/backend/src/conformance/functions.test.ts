import { fileURLToPath } from 'node:url';
import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import twilio from 'twilio';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFunction } from '../hosts/functions.js';
import { messageFields } from '../testing/deliveries.js';
import { bot } from '../testing/echo-bot.js';
import { type BuiltFunctions, buildFunctions } from '../testing/functions-project.js';
import { serveFunctions } from '../testing/functions-runtime.js';
import { PAGE_ORIGIN } from '../testing/host-under-test.js';
import { newVisitor } from '../testing/visitor.js';

/** What only Functions have: their console, their environment, nothing after the answer. */

let built: BuiltFunctions;
let emulator: Emulator;
let host: { url: string; close(): Promise<void> } | undefined;
let lines: string[];

beforeAll(async () => {
  built = await buildFunctions(fileURLToPath(new URL('../testing/echo-bot.ts', import.meta.url)));
  emulator = await createEmulator();
});
afterAll(async () => {
  await emulator.close();
  await built.remove();
});
beforeEach(() => {
  lines = [];
  for (const level of ['info', 'warn', 'error', 'log'] as const) {
    vi.spyOn(console, level).mockImplementation((...said) => void lines.push(said.join(' ')));
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await host?.close();
  host = undefined;
});

function environment(changes: Record<string, string> = {}): Record<string, string> {
  const { accountSid, authToken, apiKeySid, apiKeySecret, serviceSid } = emulator.credentials;
  return {
    ACCOUNT_SID: accountSid,
    AUTH_TOKEN: authToken,
    TWILIO_API_KEY_SID: apiKeySid,
    TWILIO_API_KEY_SECRET: apiKeySecret,
    CONVERSATIONS_SERVICE_SID: serviceSid,
    TWILIO_API_BASE_URL: emulator.restUrl,
    ALLOWED_ORIGINS: PAGE_ORIGIN,
    ...changes,
  };
}

async function askForToken(
  url: string,
  query = '',
): Promise<{ status: number; body: string; proof: string }> {
  const { identity, proof } = await newVisitor();
  const response = await fetch(`${url}/chat-widget?identity=${identity}${query}`, {
    method: 'POST',
    headers: { origin: PAGE_ORIGIN },
    body: new URLSearchParams({ proof }),
  });
  return { status: response.status, body: await response.text(), proof };
}

describe('the console of Functions', () => {
  it('tells of every token and refusal, and nothing that is secret', async () => {
    host = await serveFunctions(built.dir, environment());
    const granted = await askForToken(host.url);
    const refused = await fetch(`${host.url}/conversation-added`, {
      method: 'POST',
      body: new URLSearchParams('a=b'),
    });
    expect([granted.status, refused.status]).toEqual([200, 403]);

    const said = lines.join('\n');
    expect(said).toContain('token granted');
    expect(said).toContain('signature_invalid');
    const { authToken, apiKeySecret } = emulator.credentials;
    for (const secret of ['eyJ', 's1.', granted.proof, authToken, apiKeySecret])
      expect(said).not.toContain(secret);
  });
});

describe('the environment of Functions', () => {
  it('is complete, or the console has the table and the caller has an error without it', async () => {
    const { TWILIO_API_KEY_SID: _gone, ...rest } = environment({
      ALLOWED_ORIGINS: 'shop.example/secret-path',
    });
    host = await serveFunctions(built.dir, rest);
    for (const path of ['/chat-widget', '/conversation-added', '/message-added']) {
      lines.length = 0;
      const response = await fetch(host.url + path, {
        method: 'POST',
        body: new URLSearchParams({ a: 'b' }),
      });
      expect(response.status).toBe(500);
      expect(await response.json()).toEqual({
        error: { code: 'internal_error', message: expect.any(String) },
      });
      expect(lines.join('\n')).toMatch(/^TWILIO_API_KEY_SID +is missing/m);
      expect(lines.join('\n')).toMatch(/^ALLOWED_ORIGINS +has an entry/m);
      expect(lines.join('\n')).not.toContain('secret-path');
    }
  });

  it('may be incomplete, and the pages that ALLOWED_ORIGINS names can read that there is an error', async () => {
    const { AUTH_TOKEN: _gone, ...rest } = environment();
    host = await serveFunctions(built.dir, rest);
    const readableFor = async (origin: string): Promise<string | null> => {
      const response = await fetch(`${host?.url}/chat-widget`, { method: 'POST', headers: { origin } });
      expect(response.status).toBe(500);
      return response.headers.get('access-control-allow-origin');
    };
    expect(await readableFor(PAGE_ORIGIN)).toBe(PAGE_ORIGIN);
    expect(await readableFor('https://elsewhere.example')).toBe(null);
  });

  it('may change under an instance that is warm', async () => {
    host = await serveFunctions(built.dir, environment());
    const handler = createFunction('token', {});
    const { identity, proof } = await newVisitor();
    const ask = async (changes: Record<string, string>): Promise<unknown> => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: PAGE_ORIGIN };
      const context = { ...environment(changes), DOMAIN_NAME: 'chat-1234.twil.io' };
      const reply = await new Promise<object>((resolve) =>
        handler(context, { identity, proof, request: { headers } }, (_none, response) => resolve(response)),
      );
      return (reply as { statusCode: number }).statusCode;
    };
    expect(await ask({})).toBe(200);
    expect(await ask({ BANNED_IDENTITIES: identity })).toBe(403);
    expect(await ask({})).toBe(200);
  });

  it('has a SERVICE_SID that is the platform’s, which is explained', async () => {
    const { CONVERSATIONS_SERVICE_SID: _gone, ...rest } = environment({ SERVICE_SID: `ZS${'0'.repeat(32)}` });
    host = await serveFunctions(built.dir, rest);
    expect((await askForToken(host.url)).status).toBe(500);
    expect(lines.join('\n')).toMatch(/^CONVERSATIONS_SERVICE_SID +names a Serverless service/m);
  });

  it('says once which variables have no effect', async () => {
    host = await serveFunctions(
      built.dir,
      environment({ REDIS_URL: 'redis://127.0.0.1:1', TRUSTED_PROXIES: '10.0.0.1' }),
    );
    for (let each = 0; each < 2; each += 1) expect((await askForToken(host.url)).status).toBe(200);
    const warnings = lines.filter((line) => line.includes('no effect'));
    expect(warnings).toEqual([
      expect.stringContaining('"REDIS_URL"'),
      expect.stringContaining('"TRUSTED_PROXIES"'),
    ]);
  });
});

describe('a Function', () => {
  it('does not take a parameter for the request’s headers', async () => {
    host = await serveFunctions(built.dir, environment());
    const { status, body } = await askForToken(host.url, '&request=x');
    expect([status, JSON.parse(body).error.code]).toEqual([401, 'proof_required']);
  });

  it('believes headers that a page puts into parameters, whose answer that page still cannot read', async () => {
    host = await serveFunctions(built.dir, environment());
    const { identity, proof } = await newVisitor();
    const claimed = new URLSearchParams({
      identity,
      proof,
      'request[headers][origin]': PAGE_ORIGIN,
      'request[headers][content-type]': 'application/json',
    });
    const response = await fetch(`${host.url}/chat-widget?${claimed}`, {
      headers: { origin: 'https://elsewhere.example' },
    });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      200,
      PAGE_ORIGIN,
    ]);
    // Nor as a script, an image or a frame of that page.
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');

    claimed.set('request[headers][origin]', 'https://elsewhere.example');
    const refused = await fetch(`${host.url}/chat-widget?${claimed}`);
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });

  it('has done its work before it answers, and gives up a bot that is late', async () => {
    // The runtime puts its globals where Functions look for them.
    host = await serveFunctions(built.dir, environment());
    const { accountSid, authToken, serviceSid } = emulator.credentials;
    const client = twilio(accountSid, authToken);
    client.conversations.baseUrl = emulator.restUrl;
    const { conversations } = client.conversations.v1.services(serviceSid);
    const { sid } = await conversations.create({});

    const answered = async (handler: ReturnType<typeof createFunction>, body: string): Promise<unknown> => {
      const params = { ...messageFields(sid, body), AccountSid: accountSid, ChatServiceSid: serviceSid };
      const url = 'https://chat-1234.twil.io/message-added';
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': twilio.getExpectedTwilioSignature(authToken, url, params),
      };
      const context = { ...environment(), DOMAIN_NAME: 'chat-1234.twil.io' };
      await new Promise((resolve) =>
        handler(context, { ...params, request: { headers } }, (_none, reply) => resolve(reply)),
      );
      return (await conversations(sid).messages.list()).map((message) => message.body);
    };

    const never = { ...bot, onMessageAdded: () => new Promise<string>(() => {}) };
    expect(await answered(createFunction('messageAdded', { bot }), 'one')).toEqual(['You said: one']);
    const late = createFunction('messageAdded', { bot: never, botLimitMs: 20 });
    expect(await answered(late, 'two')).toEqual(['You said: one']);
    expect(lines.join('\n')).toContain('did not answer within 0.02 s');
  });
});
