import { afterEach, describe, expect, test } from 'vitest';
import type { ChatSession, ChatSessionOptions } from './contract.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import { TokenServiceError } from './ports.js';
import type { NoticeCode, ReasonCode } from './snapshot.js';
import type { FakeService } from './testing.js';

const open: FakeBrowser[] = [];
function browserWith(...parts: Parameters<typeof createFakeBrowser>) {
  const browser = createFakeBrowser(...parts);
  open.push(browser);
  return browser;
}
const started = () => startFakeBrowser(browserWith());
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

const HOUR = 3_600_000;
const down = (): TokenServiceError => new TokenServiceError('down');

function statusesOf(session: ChatSession): string[] {
  const seen: string[] = [];
  session.subscribe(() => {
    const { status } = session.getSnapshot();
    if (seen.at(-1) !== status) seen.push(status);
  });
  return seen;
}

describe('a page that wakes', () => {
  test('T7: after eight hours of sleep, with a token long expired, is online again', async () => {
    const { session, clock, service, wake, sid } = await started();
    const requests = service.asked.length;
    clock.sleep(8 * HOUR);
    service.drop();
    service.add(sid, 'bot', 'good morning');
    await clock.advance(1_500);
    wake();
    await clock.advance(1_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(session.getSnapshot().messages.map(({ body }) => body)).toEqual(['good morning']);
    expect(service.asked).toHaveLength(requests + 1);
  });

  test('T7: finds its token due, though the timer of it never ran and the link still stands', async () => {
    const { session, clock, service, wake } = await started();
    const requests = service.asked.length;
    clock.sleep(0.7 * HOUR);
    wake();
    await clock.settle();
    expect(service.asked).toHaveLength(requests);
    clock.sleep(0.15 * HOUR);
    wake();
    wake();
    await clock.settle();
    expect(service.asked).toHaveLength(requests + 1);
    expect(session.getSnapshot().status).toBe('online');
  });

  test('keeps a line that answers', async () => {
    const { session, clock, service, wake } = await started();
    const seen = statusesOf(session);
    const requests = service.asked.length;
    wake();
    await clock.advance(60_000);
    expect(seen.filter((status) => status !== 'online')).toEqual([]);
    expect(service.asked).toHaveLength(requests);
  });

  test('gives a line that does not answer a token to prove itself by, and keeps it if it does', async () => {
    const { session, clock, service, wake } = await started();
    const seen = statusesOf(session);
    service.fail('after', 'silent');
    wake();
    await clock.advance(5_500);
    expect(seen).toEqual(['reconnecting', 'online']);
    expect(service.asked).toHaveLength(2);
    expect(service.connectionsMade()).toBe(1);
  });

  test('replaces a line that does not answer twice', async () => {
    const { session, clock, service, wake } = await started();
    const seen = statusesOf(session);
    service.fail('after', 'silent');
    service.fail('updateToken', 'silent');
    await clock.advance(20_000);
    wake();
    await clock.advance(5_000 + 2_000 + 500);
    expect(seen).toEqual(['reconnecting', 'online']);
    expect([service.connectionsMade(), service.openConnections()]).toEqual([2, 1]);
  });

  test('does not wait for the next try of a line that is down', async () => {
    const { session, clock, service, wake } = await started();
    service.refuse(true);
    await clock.advance(500);
    service.refuse(false);
    wake();
    await clock.advance(200);
    expect(session.getSnapshot().status).toBe('online');
    expect(service.connectionsMade()).toBe(1);
  });
});

describe('a click on “try again”', () => {
  test('brings a line back that waits for its next try, on the same connection', async () => {
    const { session, clock, service } = await started();
    service.refuse(true);
    await clock.advance(10 * 60_000 + 500);
    const made = service.connectionsMade();
    service.refuse(false);
    session.retryNow();
    await clock.advance(100);
    expect(session.getSnapshot().status).toBe('online');
    expect(service.connectionsMade()).toBe(made);
  });

  test('makes another connection within 3 s where the old one is stuck', async () => {
    const { session, clock, service } = await started();
    service.stick();
    await clock.advance(60_000);
    expect(session.getSnapshot().status).toBe('reconnecting');
    session.retryNow();
    await clock.advance(3_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(service.openConnections()).toBe(1);
  });

  test('again and again makes no more connections than one each two seconds', async () => {
    const { session, clock, service } = await started();
    service.stick();
    service.refuse(true);
    const made = service.connectionsMade();
    for (let click = 0; click < 100; click += 1) {
      session.retryNow();
      await clock.advance(100);
    }
    expect(service.connectionsMade() - made).toBeLessThanOrEqual(5);
  });
});

test('a line that dies again and again is replaced once in ten seconds', async () => {
  const { session, clock, service } = await started();
  const made = service.connectionsMade();
  for (let second = 0; second < 60; second += 1) {
    service.kill();
    await clock.advance(1_000);
  }
  expect(service.connectionsMade() - made).toBeLessThanOrEqual(7);
  await clock.advance(70_000);
  expect(session.getSnapshot().status).toBe('online');
});

describe('T8: a token that cannot be renewed', () => {
  test('for ten minutes is used to its end, and the chat goes on', async () => {
    const { session, clock, service, stored } = await started();
    const seen = statusesOf(session);
    service.tokenError = down();
    await clock.advance(0.8 * HOUR + 600_000);
    session.send('still here');
    await clock.settle();
    expect(seen.filter((status) => status !== 'online')).toEqual([]);
    service.tokenError = null;
    await clock.advance(90_000);
    service.drop();
    await clock.advance(0.2 * HOUR);
    expect(session.getSnapshot().status).toBe('online');
    expect(stored().map(({ body }) => body)).toEqual(['still here']);
  });

  test('until after its end brings the chat back when it can be', async () => {
    const { session, clock, service, stored } = await started();
    await clock.advance(0.75 * HOUR);
    service.tokenError = down();
    await clock.advance(0.25 * HOUR + 60_000);
    service.drop();
    await clock.advance(10_000);
    session.send('kept');
    expect(session.getSnapshot()).toMatchObject({ status: 'reconnecting' });
    await clock.advance(600_000);
    expect(session.getSnapshot().status).toBe('reconnecting');
    service.tokenError = null;
    await clock.advance(70_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(stored().map(({ body }) => body)).toEqual(['kept']);
  });
});

describe('after an outage', () => {
  /** When the next token was asked for, milliseconds after the links came back. */
  async function refreshed(outageMs: number, act: (browser: Awaited<ReturnType<typeof started>>) => void) {
    const browser = await started();
    const { clock, service } = browser;
    service.refuse(true);
    await clock.advance(outageMs);
    service.denyTokens();
    service.refuse(false);
    const requests = service.asked.length;
    await clock.advance(1_000);
    act(browser);
    let waited = 0;
    for (; service.asked.length === requests && waited < 10_000; waited += 50) await clock.advance(50);
    await clock.advance(100);
    expect(browser.session.getSnapshot().status).toBe('online');
    return waited;
  }

  test('tokens are asked for at random times within five seconds, and at once after a moment', async () => {
    const waits = [];
    for (let visitor = 0; visitor < 20; visitor += 1) waits.push(await refreshed(60_000, () => {}));
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_100);
    expect(Math.max(...waits)).toBeGreaterThan(2_500);
    expect(new Set(waits).size).toBeGreaterThan(10);
    expect(await refreshed(500, () => {})).toBeLessThanOrEqual(100);
  });

  test('a click does not wait', async () => {
    for (let visitor = 0; visitor < 5; visitor += 1) {
      expect(await refreshed(60_000, ({ session }) => session.retryNow())).toBeLessThanOrEqual(100);
    }
  });

  test('a first start does not wait, neither for its token nor for its connection', async () => {
    const { open, clock, service } = browserWith();
    const session = open();
    session.start();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect(service.asked).toHaveLength(1);
  });
});

describe('T9: a clock that is wrong', () => {
  const DAY_S = 86_400;
  const birthOf = (proof: string): number => Buffer.from(proof.slice(3), 'base64url').readUInt32BE(1);

  test.each([
    ['ten years ahead', 10, 400],
    ['ten years behind', -10, null],
    ['ten years behind, where identities expire', -10, 400],
  ])('%s costs one identity at most and three requests', async (_, years, maxAgeDays) => {
    const { open, clock, service, storage } = browserWith();
    const realSeconds = clock.now() / 1_000;
    clock.set(clock.now() + years * 365.25 * DAY_S * 1_000);
    const refused = (code: string) =>
      new TokenServiceError(code, { status: 403, code, serverTime: realSeconds });
    const session = open({
      async fetchToken(request) {
        const age = realSeconds - birthOf(request.proof ?? '');
        service.tokenError =
          age < -DAY_S
            ? refused('identity_not_yet_valid')
            : maxAgeDays !== null && age > maxAgeDays * DAY_S
              ? refused('identity_expired')
              : null;
        return service.fetchToken(request);
      },
    });
    session.start();
    session.send('hello');
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', notices: [] });
    expect(service.asked.length).toBeLessThanOrEqual(3);
    expect(session.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent']);
    expect(storage.values.size).toBeGreaterThan(0);
  });

  test.each([10, -10])('set %i years off in the middle asks for one token more at most', async (years) => {
    const { session, clock, service, wake } = await started();
    clock.set(clock.now() + years * 365.25 * DAY_S * 1_000);
    wake();
    await clock.advance(0.5 * HOUR);
    expect(session.getSnapshot().status).toBe('online');
    expect(service.asked.length).toBeLessThanOrEqual(2);
    await clock.advance(HOUR);
    expect(session.getSnapshot().status).toBe('online');
    expect(service.asked.length).toBeLessThanOrEqual(4);
  });
});

describe('what the token service says, and what becomes of the chat', () => {
  type Seen = {
    status: string;
    reason: ReasonCode | null;
    retry: boolean;
    notices?: readonly NoticeCode[];
    /** Requests within the first 900 ms: the first backoff alone may be over by then. */
    most: number;
  };
  const retried = (reason: ReasonCode, status = 'failed'): Seen => ({
    status,
    reason,
    retry: true,
    most: 3,
  });
  const blocked = (reason: ReasonCode, most = 1): Seen => ({
    status: 'blocked',
    reason,
    retry: reason === 'human_check_required',
    most,
  });

  test.each<[number | null, string | null, Seen]>([
    [400, 'bad_request', blocked('token_service_error')],
    [400, 'identity_malformed', blocked('identity_rejected')],
    [400, 'proof_malformed', blocked('identity_rejected')],
    [401, 'proof_required', blocked('identity_rejected')],
    [403, 'proof_invalid', blocked('identity_rejected', 2)],
    [403, 'identity_expired', blocked('identity_rejected', 2)],
    [403, 'identity_not_yet_valid', blocked('identity_rejected', 2)],
    [403, 'origin_not_allowed', blocked('origin_not_allowed')],
    [403, 'identity_reserved', blocked('identity_rejected')],
    [403, 'banned', blocked('banned')],
    [403, 'human_check_required', blocked('human_check_required')],
    [405, 'method_not_allowed', blocked('token_service_error')],
    [413, 'body_too_large', blocked('token_service_error')],
    [415, 'unsupported_media_type', blocked('token_service_error')],
    [429, 'rate_limited', retried('rate_limited')],
    [429, 'budget_exhausted', retried('rate_limited')],
    [500, 'internal', retried('token_service_error')],
    [500, null, retried('token_service_error')],
    [502, null, retried('token_service_error')],
    [503, null, retried('token_service_error')],
    [504, null, retried('token_service_error')],
    [404, null, retried('token_service_error')],
    [null, null, retried('token_service_unreachable')],
  ])('%s %s', async (status, code, { most, retry, ...seen }) => {
    const { open, clock, service } = browserWith();
    service.tokenError = new TokenServiceError('no', {
      ...(status !== null && { status }),
      ...(code !== null && { code }),
      serverTime: clock.now() / 1_000,
    });
    const session = open();
    session.start();
    session.send('kept');
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ ...seen, notices: [] });
    expect(session.getSnapshot().can.includes('retry_now')).toBe(retry);
    expect(session.getSnapshot().retryAt === null).toBe(seen.status === 'blocked');
    expect(session.getSnapshot().messages.map(({ body }) => body)).toEqual(['kept']);
    expect(service.asked.length).toBeLessThanOrEqual(most);
    expect(service.connectionsMade()).toBe(0);
    // What is blocked stays so; what is tried again comes to be.
    service.tokenError = null;
    await clock.advance(130_000);
    expect(session.getSnapshot().status).toBe(seen.status === 'blocked' ? 'blocked' : 'online');
  });

  test('a person who turned the question away may be asked once more', async () => {
    const { open, clock, service } = browserWith();
    service.tokenError = new TokenServiceError('no', { status: 403, code: 'human_check_required' });
    const session = open();
    session.start();
    session.send('kept');
    await clock.settle();
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'blocked', can: ['retry_now'] });
    expect(service.asked).toHaveLength(2);
    service.tokenError = null;
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online' });
    expect(session.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent']);
  });

  test('an identity that expired is told of, once, and only to whom it had a chat', async () => {
    const { session, open, clock, service, sid } = await started();
    await session.stop();
    service.tokenError = new TokenServiceError('old', { status: 403, code: 'identity_expired' });
    const again = open();
    const before = service.asked.length;
    again.subscribe(() => {
      if (again.getSnapshot().notices.length > 0) service.tokenError = null;
    });
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'online', notices: ['identity_expired'] });
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
    expect(service.asked).toHaveLength(before + 2);
  });

  test('proof_required: a visitor of the original chat asks with an identity that can be proven', async () => {
    const { open, clock, service, storage } = browserWith();
    const legacy = '0c5bd2ef-9f3a-4d6b-8a53-1f0f1a3c2b7e';
    storage.write('webchat-uuid', legacy);
    const session = open();
    session.start();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect(service.asked[0]?.identity).not.toBe(legacy);
    expect(service.asked[0]?.identity[14]).toBe('8');
  });

  test('Retry-After is kept to, up to five minutes', async () => {
    const { open, clock, service } = browserWith();
    service.tokenError = new TokenServiceError('slow', {
      status: 429,
      code: 'rate_limited',
      retryAfter: 86_400,
    });
    const session = open();
    session.start();
    await clock.advance(299_000);
    expect(service.asked).toHaveLength(1);
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'rate_limited' });
    service.tokenError = null;
    await clock.advance(3_000);
    expect(session.getSnapshot().status).toBe('online');
  });
});

test('T17: a wake, an expiring token, a click and a new chat at once ask for one token', async () => {
  const { session, clock, service, wake, sid } = await started();
  service.offering = true;
  await clock.advance(0.79 * HOUR);
  service.close(sid);
  await clock.settle();
  clock.sleep(0.02 * HOUR);
  const requests = service.asked.length;
  wake();
  session.startNew();
  session.retryNow();
  wake();
  await clock.settle();
  expect(service.asked).toHaveLength(requests + 1);
});

describe('a policy that forbids the socket', () => {
  test('is told as the reason at once, and forgotten when the line comes up', async () => {
    const { open, clock, service } = browserWith();
    let violate: (address: string) => boolean = () => false;
    service.refuse(true);
    const session = open({
      watchPolicy(listener) {
        violate = listener;
        return () => {
          violate = () => false;
        };
      },
    });
    session.start();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('starting');
    expect(violate('wss://tsock.us1.twilio.com')).toBe(true);
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'blocked_by_policy' });
    await clock.advance(25_000);
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'blocked_by_policy' });
    service.refuse(false);
    await clock.advance(60_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(violate('wss://elsewhere.example')).toBe(false);
    expect(session.getSnapshot().status).toBe('online');
    await session.stop();
    expect(violate('wss://tsock.us1.twilio.com')).toBe(false);
  });

  test('is not the reason where it is about another socket of the page', async () => {
    const { open, clock, service } = browserWith();
    let violate: (address: string) => boolean = () => false;
    service.refuse(true);
    const session = open({
      realtimeUrl: 'wss://chat.example/v3/wsconnect',
      watchPolicy(listener) {
        violate = listener;
        return () => {};
      },
    });
    session.start();
    await clock.settle();
    for (const other of ['wss://tsock.us1.twilio.com/v3', 'wss://chat.example.org', 'ws://localhost:5173']) {
      expect(violate(other)).toBe(false);
    }
    // Some browsers tell the scheme alone.
    for (const own of ['wss://chat.example/v3/wsconnect', 'wss']) expect(violate(own)).toBe(true);
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'blocked_by_policy' });
  });
});

describe('a chat that is stopped', () => {
  const never = (): Promise<never> => new Promise(() => {});

  test.each<[string, (service: FakeService) => Partial<ChatSessionOptions>]>([
    ['the page says who is logged in', () => ({ userToken: never })],
    ['the token service answers', () => ({ fetchToken: never })],
    ['the script of the chat service loads', () => ({ connect: never })],
    [
      'the chat service takes the handshake',
      (service) => ({ connect: (options) => ({ ...service.connect(options), ready: never }) }),
    ],
  ])('before %s leaves no timer behind', async (_, options) => {
    const { open, clock, service } = browserWith();
    const session = open(options(service));
    session.start();
    await clock.settle();
    expect(clock.waiting()).toBeGreaterThan(0);
    await Promise.all([session.stop(), clock.settle()]);
    expect(clock.waiting()).toBe(0);
    expect(session.getSnapshot().status).toBe('idle');
  });
});
