import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createFetchToken } from '../browser/token-client.js';
import type { LinkState } from '../connection.js';
import type { ChatSession } from '../contract.js';
import type { FetchToken } from '../ports.js';
import { makeFakeToken } from '../testing.js';
import { createProxy } from './proxy.js';
import {
  allSent,
  bodies,
  type CleanUps,
  cleanUpAll,
  createProfile,
  isOnline,
  type ProfileOptions,
  startRealService,
  until,
} from './real-chat.js';

/** The keepers of line and token, over the SDK, the emulator and a wire that can be treated badly. */
const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

async function wired(options: ProfileOptions = {}) {
  const service = await startRealService(cleanUps);
  const proxy = await createProxy({ port: Number(new URL(service.emulator.wsUrl).port) });
  cleanUps.push(() => proxy.close());
  const realtimeUrl = proxy.through(service.emulator.wsUrl);
  const profile = createProfile(cleanUps, service, { realtimeUrl, ...options });
  return { service, proxy, profile };
}

async function chatting(options: ProfileOptions = {}) {
  const parts = await wired(options);
  const session = parts.profile.open();
  session.start();
  await until(session, () => isOnline(session));
  return { ...parts, session, sid: session.getSnapshot().conversationSid ?? '' };
}

const statusOf = (session: ChatSession) => session.getSnapshot().status;
/** Milliseconds until `check` holds. */
async function timeUntil(session: ChatSession, check: () => boolean): Promise<number> {
  const begun = performance.now();
  await until(session, check, 30_000);
  return performance.now() - begun;
}
/** The SDK's own waits, as long as they get. */
const patient = { min: 120_000, max: 120_000, randomness: 0 };

test('N4: a half-open line is noticed within 10 s of a send, and the message arrives once', async () => {
  const { service, proxy, session, sid } = await chatting();
  proxy.stall();
  session.send('anybody?');
  expect(await timeUntil(session, () => statusOf(session) === 'reconnecting')).toBeLessThan(10_000);
  await until(session, () => isOnline(session) && allSent(session));
  expect(bodies(session)).toEqual(['anybody?']);
  expect(await service.stored(sid)).toEqual(['anybody?']);
});

test('N4: a half-open line is noticed within 10 s of waking up, and what was missed is shown', async () => {
  let wake = (): void => {};
  const { service, proxy, session, sid } = await chatting({
    watchWake(listener) {
      wake = () => listener({ ms: 60_000 });
      return () => {};
    },
  });
  proxy.stall();
  await service.say(sid, 'are you there?');
  wake();
  expect(await timeUntil(session, () => statusOf(session) === 'reconnecting')).toBeLessThan(10_000);
  await until(session, () => isOnline(session) && bodies(session).length === 1);
  expect(bodies(session)).toEqual(['are you there?']);
});

test('N6: after an outage a click brings the chat back within 3 s, though the SDK would wait', async () => {
  const { proxy, session } = await chatting({ retryPolicy: patient });
  proxy.manner('refuse');
  proxy.cut();
  await until(session, () => statusOf(session) === 'reconnecting');
  session.send('kept');
  proxy.manner('pass');
  session.retryNow();
  expect(await timeUntil(session, () => isOnline(session))).toBeLessThan(3_000);
  await until(session, () => allSent(session));
});

test('N6: the click helps as well where the handshake was taken and never answered', async () => {
  const { proxy, session } = await chatting();
  proxy.manner('black_hole');
  proxy.cut();
  await until(session, () => statusOf(session) === 'reconnecting');
  // Until the SDK hangs in a handshake.
  const before = proxy.made();
  while (proxy.made() === before) await new Promise((resolve) => setTimeout(resolve, 10));
  proxy.manner('pass');
  session.retryNow();
  expect(await timeUntil(session, () => isOnline(session))).toBeLessThan(3_000);
});

test('N8: a client that is moved away comes back by itself, on the same connection', async () => {
  const { service, session } = await chatting();
  const seen = new Set<string>();
  session.subscribe(() => seen.add(statusOf(session)));
  service.faults.close({ code: 308 });
  session.send('while I was moved');
  await until(session, () => seen.has('reconnecting'));
  await until(session, () => isOnline(session) && allSent(session));
  expect([...seen].sort()).toEqual(['online', 'reconnecting']);
  expect(bodies(session)).toEqual(['while I was moved']);
});

test('T7: a token that the service ends by 410 is replaced, and the chat comes back', async () => {
  const { service, session } = await chatting();
  const given = service.given();
  service.faults.expireToken(session.getSnapshot().identity ?? '', 'close410');
  await until(session, () => statusOf(session) === 'reconnecting');
  await until(session, () => isOnline(session));
  expect(service.given()).toBe(given + 1);
  session.send('after');
  await until(session, () => bodies(session).length === 1 && allSent(session));
});

test('N14: a handshake that nobody answers ends in a reason, and stop returns within 3 s', async () => {
  const { proxy, profile } = await wired();
  proxy.manner('black_hole');
  const session = profile.open();
  session.start();
  session.send('kept');
  await until(session, () => statusOf(session) === 'failed', 30_000);
  expect(session.getSnapshot()).toMatchObject({ reason: 'connection_failed' });
  expect(session.getSnapshot().can).toContain('retry_now');
  proxy.manner('pass');
  session.retryNow();
  await until(session, () => isOnline(session) && allSent(session));
  proxy.manner('black_hole');
  proxy.cut();
  await until(session, () => statusOf(session) === 'reconnecting');
  const begun = performance.now();
  await session.stop();
  expect(performance.now() - begun).toBeLessThan(3_500);
});

test('N15: offline at the start a draft is kept and sent later, without an error of the SDK', async () => {
  const errors: unknown[] = [];
  const note = (error: unknown): unknown => errors.push(error);
  process.on('unhandledRejection', note);
  cleanUps.push(async () => process.off('unhandledRejection', note));
  let announce: (online: boolean) => void = () => {};
  const { proxy, profile, service } = await wired({
    watchNetwork(listener) {
      announce = listener;
      listener(false);
      return () => {};
    },
  });
  proxy.manner('refuse');
  const session = profile.open();
  session.start();
  session.draft.write('half a thou');
  session.send('a whole thought');
  await until(session, () => statusOf(session) === 'offline');
  // Until the SDK has failed more than once.
  while (proxy.made() < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(session.draft.read()).toBe('half a thou');
  proxy.manner('pass');
  announce(true);
  await until(session, () => isOnline(session) && allSent(session));
  expect(await service.stored(session.getSnapshot().conversationSid ?? '')).toEqual(['a whole thought']);
  expect(errors.filter((error) => error instanceof TypeError)).toEqual([]);
});

test('an address that is no socket’s is told as the reason', async () => {
  const { profile } = await wired({ realtimeUrl: 'https://chat.example/' });
  const session = profile.open();
  session.start();
  await until(session, () => statusOf(session) === 'failed');
  expect(session.getSnapshot()).toMatchObject({ reason: 'realtime_url_invalid' });
});

describe('T5: a token that is', () => {
  test.each<[string, Record<string, unknown>, number]>([
    ['expired', { exp: 1_000, iat: 900 }, 2],
    ['signed by another key', { secret: 'x'.repeat(32) }, 2],
    ['of another service', { grants: { identity: 'ME', chat: { service_sid: `IS${'0'.repeat(32)}` } } }, 2],
    ['of another account', { sub: `AC${'0'.repeat(32)}` }, 2],
  ])('%s is asked for once more, and then the chat says why', async (_, wrong, attempts) => {
    const { service, proxy } = await wired();
    const asked: string[] = [];
    const fetchToken: FetchToken = async (request) => {
      asked.push(request.identity);
      const claims = JSON.parse(JSON.stringify(wrong).replace('"ME"', JSON.stringify(request.identity)));
      return {
        token: service.mint(request.identity, claims),
        identity: request.identity,
        expiresIn: 3_600,
        realtimeUrl: proxy.through(service.emulator.wsUrl),
        conversationSid: null,
      };
    };
    const session = createProfile(cleanUps, { fetchToken }).open();
    session.start();
    await until(session, () => statusOf(session) === 'failed');
    expect(session.getSnapshot()).toMatchObject({ reason: 'token_rejected' });
    expect(asked).toHaveLength(attempts);
  });
});

describe('the token service', () => {
  async function serve(answer: (response: ServerResponse) => void): Promise<string> {
    const server: Server = createServer((request, response) => {
      request.resume().on('end', () => answer(response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat-widget`;
  }

  /** A chat whose token service answers so; it must never get as far as the SDK. */
  async function startedWith(url: string, limitMs = 10_000) {
    const states: LinkState[] = [];
    const said: string[] = [];
    const fetchToken = createFetchToken({ url, fetch, limitMs, tellDeveloper: (it) => said.push(it) });
    const session = createProfile(cleanUps, { fetchToken }, { onLink: (state) => states.push(state) }).open();
    session.start();
    session.send('kept');
    await until(session, () => statusOf(session) === 'failed');
    expect(states).toEqual([]);
    expect(session.getSnapshot().retryAt).not.toBeNull();
    expect(bodies(session)).toEqual(['kept']);
    return { reason: session.getSnapshot().reason, said };
  }

  test.each<[string, number, string]>([
    ['500', 500, 'Internal Server Error'],
    ['502', 502, ''],
    ['a page of HTML as if all were well', 200, '<!doctype html><title>Welcome</title>'],
    ['a page of HTML about an error', 500, '<!doctype html><title>Oh no</title>'],
    ['nothing', 200, ''],
    ['JSON without a token', 200, '{"identity":"me"}'],
    ['a token of 17 KB', 200, JSON.stringify({ token: makeFakeToken('me', { pad: 'x'.repeat(17_000) }) })],
  ])('T1: that answers %s is tried again, and no client is made', async (_, status, body) => {
    const url = await serve((response) => response.writeHead(status).end(body));
    expect((await startedWith(url)).reason).toBe('token_service_error');
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['never answers', () => {}],
    [
      'answers a byte at a time',
      (response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drip));
      },
    ],
    ['sends elsewhere', (response) => response.writeHead(302, { location: 'https://example.com/' }).end()],
  ])('T2: that %s is given up and tried again', async (_, answer) => {
    const url = await serve(answer);
    expect((await startedWith(url, 400)).reason).toBe('token_service_unreachable');
  });

  test('T3: whose answer may not be read is tried again, and the developer is told once why that may be', async () => {
    const url = await serve((response) => response.socket?.destroy());
    const { reason, said } = await startedWith(url);
    expect(reason).toBe('token_service_unreachable');
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(url);
    expect(said[0]).toContain('ALLOWED_ORIGINS');
  });
});
