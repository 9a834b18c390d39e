import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { TokenServiceError } from '../ports.js';
import { makeFakeToken } from '../testing.js';
import { createFetchToken } from './token-client.js';

const ME = '9b16fcf6-3a18-8222-86e8-214197ade162';
const PROOF = 's1.AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const TOKEN = makeFakeToken(ME);

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server that answers as told, and remembers what it was asked. */
async function serve(answer: Answer, limitMs = 5_000) {
  const asked: { method: string; url: string; body: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push({ method: request.method ?? '', url: request.url ?? '', body, headers: request.headers });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat-widget`;
  const fetchToken = createFetchToken({ url, fetch, limitMs });
  return { asked, url, ask: () => fetchToken({ identity: ME, proof: PROOF }) };
}

const json =
  (value: unknown, status = 200): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const text =
  (body: string, status = 200): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);

async function failureOf(asking: Promise<unknown>): Promise<TokenServiceError> {
  try {
    await asking;
  } catch (error) {
    if (error instanceof TokenServiceError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

describe('asking the token service', () => {
  test('posts a form with the proof in its body, and nothing secret in the address', async () => {
    const { asked, ask } = await serve(json({ token: TOKEN, identity: ME, expiresIn: 3600 }));
    await ask();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      url: `/chat-widget?identity=${ME}`,
      body: `proof=${PROOF}`,
    });
    expect(asked[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(asked[0]?.headers.referer).toBeUndefined();
    expect(asked[0]?.headers.cookie).toBeUndefined();
  });

  test('says which conversation is over, in the body', async () => {
    const { asked, url } = await serve(json({ token: TOKEN }));
    const ended = `CH${'0'.repeat(32)}`;
    await createFetchToken({ url, fetch })({ identity: ME, proof: PROOF, ended });
    expect(asked[0]).toMatchObject({
      url: `/chat-widget?identity=${ME}`,
      body: `proof=${PROOF}&ended=${ended}`,
    });
  });

  describe('that wants to see a person', () => {
    const wants: Answer = json({ error: { code: 'human_check_required', message: 'Prove it.' } }, 403);

    test('shows it what the check gave, once for all who ask meanwhile', async () => {
      const shown: (string | null)[] = [];
      let checks = 0;
      let pass = (_: string): void => {};
      const fetchToken = createFetchToken({
        url: '/chat-widget',
        async fetch(_, init) {
          const given = new URLSearchParams(String(init?.body)).get('human_token');
          shown.push(given);
          const refusal = JSON.stringify({ error: { code: 'human_check_required' } });
          const response = new Response(null, { status: given === null ? 403 : 200 });
          return Object.assign(response, { text: async () => (given === null ? refusal : TOKEN) });
        },
        humanCheck() {
          checks += 1;
          return new Promise((resolve) => {
            pass = resolve;
          });
        },
      });
      const asking = [1, 2].map(() => fetchToken({ identity: ME, proof: PROOF }));
      // Nothing but promises: after this both were refused, and wait.
      await new Promise((resolve) => setImmediate(resolve));
      expect({ checks, shown }).toEqual({ checks: 1, shown: [null, null] });
      pass('a person');
      expect((await Promise.all(asking)).map(({ token }) => token)).toEqual([TOKEN, TOKEN]);
      expect({ checks, shown }).toEqual({ checks: 1, shown: [null, null, 'a person'] });
      // What was shown is used up: the next refusal is another check's business.
      const later = fetchToken({ identity: ME, proof: PROOF });
      await new Promise((resolve) => setImmediate(resolve));
      expect(checks).toBe(2);
      pass('the same person');
      expect((await later).token).toBe(TOKEN);
    });

    test.each([
      ['there is no check', undefined],
      ['the check fails', () => Promise.reject(new Error('closed'))],
      ['the service does not believe it', async () => 'a program'],
    ])('is told no when %s', async (_, humanCheck) => {
      const { url } = await serve(wants);
      const fetchToken = createFetchToken({ url, fetch, ...(humanCheck && { humanCheck }) });
      expect(await failureOf(fetchToken({ identity: ME, proof: PROOF }))).toMatchObject({
        status: 403,
        code: 'human_check_required',
      });
    });
  });

  test('tells the browser to keep nothing, send nothing along, and follow nothing', async () => {
    let init: RequestInit = {};
    const fetchToken = createFetchToken({
      url: '/chat-widget?site=1',
      fetch: async (url, given) => {
        expect(url).toBe(`/chat-widget?site=1&identity=${ME}`);
        init = given ?? {};
        return new Response(TOKEN);
      },
    });
    await fetchToken({ identity: ME, proof: PROOF });
    expect(init).toMatchObject({
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
  });

  test('takes JSON with all that may stand in it', async () => {
    const { ask } = await serve(
      json({
        token: TOKEN,
        identity: ME,
        expiresIn: 900,
        realtimeUrl: 'ws://127.0.0.1:4010/v3/wsconnect',
        conversation_sid: 'CH1',
      }),
    );
    expect(await ask()).toEqual({
      token: TOKEN,
      identity: ME,
      expiresIn: 900,
      realtimeUrl: 'ws://127.0.0.1:4010/v3/wsconnect',
      conversationSid: 'CH1',
    });
  });

  test.each([
    ['bare', TOKEN],
    ['with a line end', `${TOKEN}\n`],
    ['as a JSON string', JSON.stringify(TOKEN)],
  ])('takes the token of the original function, %s', async (_, body) => {
    const { ask } = await serve(text(body));
    expect(await ask()).toEqual({
      token: TOKEN,
      identity: ME,
      expiresIn: null,
      realtimeUrl: null,
      conversationSid: null,
    });
  });

  test.each([404, 405])(
    'asks a service that answers %i to POST once more by GET, without the proof',
    async (status) => {
      const { asked, ask } = await serve((request, response) =>
        request.method === 'GET'
          ? text(TOKEN)(request, response)
          : text('<h1>No</h1>', status)(request, response),
      );
      expect((await ask()).token).toBe(TOKEN);
      expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
        ['POST', `/chat-widget?identity=${ME}`, `proof=${PROOF}`],
        ['GET', `/chat-widget?identity=${ME}`, ''],
      ]);
    },
  );

  test('does not fall back to GET when our own service says no', async () => {
    const { asked, ask } = await serve(
      json({ error: { code: 'method_not_allowed', message: 'Use POST.' } }, 405),
    );
    expect(await failureOf(ask())).toMatchObject({
      status: 405,
      code: 'method_not_allowed',
      message: 'Use POST.',
    });
    expect(asked).toHaveLength(1);
  });

  test('tells the code, the wait and the clock of a refusal', async () => {
    const { ask } = await serve((_, response) =>
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '17' }).end(
        JSON.stringify({
          error: { code: 'rate_limited', message: 'Slow down.' },
          serverTime: 1_767_225_600,
        }),
      ),
    );
    expect(await failureOf(ask())).toMatchObject({
      status: 429,
      code: 'rate_limited',
      retryAfter: 17,
      serverTime: 1_767_225_600,
    });
  });

  test.each([
    ['HTML with 200', text('<!doctype html><title>Login</title>')],
    ['HTML with 500', text('<h1>Oops</h1>', 500)],
    ['an empty body', text('')],
    ['JSON without a token', json({ hello: 'world' })],
    ['a token that is a number', json({ token: 7 })],
    ['more than any answer needs', json({ token: TOKEN, pad: 'x'.repeat(64 * 1024) })],
  ])('refuses %s', async (_, answer) => {
    const { ask } = await serve(answer);
    const { status, code } = await failureOf(ask());
    expect(status).not.toBeNull();
    expect(code).toBeNull();
  });

  test('gives up a service that answers nothing, or never comes to an end', async () => {
    const silent = await serve(() => {}, 50);
    expect(await failureOf(silent.ask())).toMatchObject({ status: null, code: null });
    const slow = await serve((_, response) => void response.writeHead(200).write('{"tok'), 50);
    expect(await failureOf(slow.ask())).toMatchObject({ status: null, code: null });
  });

  test('gives up on a redirect and on a closed port', async () => {
    const moved = await serve((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect((await failureOf(moved.ask())).status).toBeNull();
    expect(moved.asked).toHaveLength(1);
    const gone = createFetchToken({ url: 'http://127.0.0.1:1/chat-widget', fetch });
    expect((await failureOf(gone({ identity: ME, proof: PROOF }))).status).toBeNull();
  });
});
