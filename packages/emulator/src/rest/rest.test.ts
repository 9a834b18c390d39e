import { request } from 'node:http';
import fc from 'fast-check';
import twilio from 'twilio';
import { describe, expect, it } from 'vitest';
import type { StartedEmulator } from '../server.js';
import { ask, helperFor, refusal, startForTest } from '../testing/start.js';
import { routes } from './routes.js';

async function errorOf(response: Response) {
  return { http: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** `fetch` sets Host and Origin itself, so these go by hand. */
function answerTo(started: StartedEmulator, headers: Record<string, string>): Promise<number | undefined> {
  const { accountSid, authToken } = started.emulator.credentials;
  return new Promise((resolve, reject) => {
    const options = { headers, auth: `${accountSid}:${authToken}` };
    const sent = request(`${started.emulator.restUrl}/v1/Conversations`, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

describe('the REST API', () => {
  it('lets the account in by its token and the API key by its secret', async () => {
    const started = await startForTest();
    const { accountSid, apiKeySid, apiKeySecret } = started.emulator.credentials;
    const byKey = twilio(apiKeySid, apiKeySecret, { accountSid });
    byKey.conversations.baseUrl = started.emulator.restUrl;
    expect(await byKey.conversations.v1.conversations.list()).toEqual([]);
    expect(await helperFor(started).conversations.v1.conversations.list()).toEqual([]);
  });

  it('keeps everybody else out', async () => {
    const started = await startForTest();
    const { accountSid, apiKeySid, authToken } = started.emulator.credentials;
    const unauthorized = { status: 401, code: 20003, message: 'Authenticate' };
    const wrong = twilio(accountSid, 'wrong');
    wrong.conversations.baseUrl = started.emulator.restUrl;
    expect(await refusal(wrong.conversations.v1.conversations.list())).toEqual(unauthorized);
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const bad = [
      '',
      'Basic',
      'Basic !',
      basic(''),
      basic(`${apiKeySid}:${authToken}`),
      basic(`:${authToken}`),
    ];
    for (const authorization of bad) {
      const { http, body } = await errorOf(
        await ask(started, '/v1/Conversations', { headers: { authorization } }),
      );
      expect(http, authorization).toBe(401);
      expect(body).toEqual({ ...unauthorized, more_info: 'https://www.twilio.com/docs/errors/20003' });
    }
  });

  it('answers 501 to what it does not know, and names it', async () => {
    const started = await startForTest();
    const { http, body } = await errorOf(await ask(started, '/v1/Configuration/Addresses?PageSize=1'));
    expect(http).toBe(501);
    expect(body).toMatchObject({ status: 501, message: 'GET /v1/Configuration/Addresses is not emulated' });
    const unknown = await ask(started, '/v2/Services', { method: 'POST' });
    expect((await errorOf(unknown)).body.message).toBe('POST /v2/Services is not emulated');
    expect((await ask(started, '/')).status).toBe(501);
  });

  it('answers 405 to a method that a path does not have, and says which it has', async () => {
    const started = await startForTest();
    const response = await ask(started, '/v1/Conversations', { method: 'PUT' });
    expect(response.headers.get('allow')).toBe('GET, POST');
    const { http, body } = await errorOf(response);
    expect(http).toBe(405);
    expect(body).toMatchObject({
      code: 20004,
      message: 'PUT /v1/Conversations is not emulated; here are only GET, POST',
    });
  });

  it('labels its answers as Twilio does', async () => {
    const started = await startForTest();
    const { headers } = await ask(started, '/v1/Conversations');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('twilio-request-id')).toMatch(/^RQ[0-9a-f]{32}$/);
    expect(headers.get('access-control-allow-origin')).toBe(null);
  });

  it('takes forms only, and no more than a megabyte', async () => {
    const started = await startForTest();
    const post = (body: string, type = 'application/x-www-form-urlencoded') =>
      ask(started, '/v1/Conversations', { method: 'POST', body, headers: { 'content-type': type } });
    const json = await errorOf(await post('{"FriendlyName":"x"}', 'application/json'));
    expect(json).toMatchObject({
      http: 400,
      body: { code: 20001, message: expect.stringContaining('Content-Type') },
    });
    const large = await errorOf(await post(`FriendlyName=${'x'.repeat(1024 * 1024)}`));
    expect(large).toMatchObject({ http: 413, body: { status: 413 } });
    expect((await post('FriendlyName=x', 'application/x-www-form-urlencoded; charset=UTF-8')).status).toBe(
      201,
    );
  });

  it('refuses a path that is not percent-encoding', async () => {
    const started = await startForTest();
    expect(await errorOf(await ask(started, '/v1/Conversations/%E0%A4%A'))).toMatchObject({
      http: 400,
      body: { code: 20001 },
    });
  });

  it('fails without telling how, and goes on', async () => {
    const lines: string[] = [];
    const started = await startForTest({ log: (line) => void lines.push(line) });
    const { conversations } = started.domain.store;
    const page = conversations.page;
    conversations.page = () => {
      throw new Error('disk on fire');
    };
    const { http, body } = await errorOf(await ask(started, '/v1/Conversations'));
    expect([http, body.code]).toEqual([500, 20500]);
    expect(JSON.stringify(body)).not.toContain('fire');
    expect(lines).toEqual(['REST failed on GET /v1/Conversations: disk on fire']);
    conversations.page = page;
    expect((await ask(started, '/v1/Conversations')).status).toBe(200);
  });

  // Hundreds of requests: the usual time for a test is short for them on a busy machine.
  it('answers every wrong input with an error of the caller, never with one of its own', {
    timeout: 60_000,
  }, async () => {
    const started = await startForTest();
    const { conversations } = helperFor(started).conversations.v1;
    const { sid } = await conversations.create({});
    const posts = routes.filter(({ method }) => method === 'POST').map(({ path }) => path);
    const names = [
      ...['FriendlyName', 'UniqueName', 'Attributes', 'State', 'Body', 'Author', 'Subject', 'Identity'],
      ...['RoleSid', 'LastReadMessageIndex', 'Target', 'Configuration.Url', 'Configuration.Method'],
      ...[
        'Configuration.Filters',
        'Configuration.Triggers',
        'Configuration.FlowSid',
        'Configuration.ReplayAfter',
      ],
      ...['PreWebhookUrl', 'PostWebhookUrl', 'Filters', 'Method', 'DefaultChatServiceSid'],
    ];
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '',
        '-1',
        '999999999999999',
        'null',
        '[]',
        '{}',
        '\u0000',
        'webhook',
        'studio',
        'http://',
      ),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...posts),
        fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 5 }),
        fc.oneof(
          fc.constant(sid),
          fc.string({ unit: 'binary' }).map((text) => `x${text}`),
        ),
        async (path, parameters, segment) => {
          const named = path
            .replace(':service', started.emulator.credentials.serviceSid)
            .replace(':conversation', sid)
            .replace(/:\w+/, () => encodeURIComponent(segment));
          const body = new URLSearchParams(parameters);
          const { status } = await ask(started, named, { method: 'POST', body });
          expect(status, named).toBeLessThan(500);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('answers nobody who came by a foreign name or from a foreign page', async () => {
    const started = await startForTest();
    const { port } = new URL(started.emulator.restUrl);
    expect(await answerTo(started, { host: `localhost:${port}` })).toBe(200);
    expect(await answerTo(started, { host: `rebound.example:${port}` })).toBe(403);
    expect(await answerTo(started, { origin: 'http://localhost:3000' })).toBe(200);
    expect(await answerTo(started, { origin: 'https://evil.example' })).toBe(403);
    expect(await answerTo(started, { origin: 'null' })).toBe(403);
  });
});
