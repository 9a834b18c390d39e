import { afterEach, describe, expect, test } from 'vitest';
import type { ChatSession } from './contract.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import { TokenServiceError } from './ports.js';
import { createFakeExclusive, type FakeService } from './testing.js';

const open: FakeBrowser[] = [];
function browserWith(...parts: Parameters<typeof createFakeBrowser>) {
  const browser = createFakeBrowser(...parts);
  open.push(browser);
  return browser;
}
const startedBrowser = () => startFakeBrowser(browserWith());
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

const bodies = (session: ChatSession) => session.getSnapshot().messages.map(({ body }) => body);
const states = (session: ChatSession) => session.getSnapshot().messages.map(({ state }) => state);

type Started = Awaited<ReturnType<typeof startedBrowser>>;

/** A service that never answers: not a refusal, not a timeout of its own. */
const forEver = () => new Promise<never>(() => {});

describe('what never answers', () => {
  test('a token service that hangs is given up and asked again', async () => {
    const { open, clock, service } = browserWith();
    let hanging = true;
    const session = open({ fetchToken: (claim) => (hanging ? forEver() : service.fetchToken(claim)) });
    session.start();
    await clock.advance(25_050);
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'token_service_unreachable' });
    hanging = false;
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });

  test('a chat service whose script never loads is given up and loaded again', async () => {
    const { open, clock, service } = browserWith();
    let hanging = true;
    const session = open({ connect: async () => (hanging ? forEver() : service.connect) });
    session.start();
    await clock.advance(30_050);
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'connection_failed' });
    hanging = false;
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });

  test('a dead line is also found while a message is looked for', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    const seen = new Set<string>();
    session.subscribe(() => seen.add(session.getSnapshot().status));
    service.fail('send', 'busy');
    // The look before the second attempt, and the question whether anybody is there.
    service.fail('after', 'silent');
    service.fail('after', 'silent');
    session.send('hello?');
    await clock.advance(12_000);
    expect(seen).toContain('reconnecting');
    await clock.advance(10_000);
    expect(stored().map(({ body }) => body)).toEqual(['hello?']);
  });

  test('a line that answers, though with an error, is not thrown away', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    const seen = new Set<string>();
    session.subscribe(() => seen.add(session.getSnapshot().status));
    service.fail('send', 'silent');
    service.fail('after', 'busy');
    session.send('slowly');
    await clock.advance(60_000);
    expect([...seen]).toEqual(['online']);
    expect(stored().map(({ body }) => body)).toEqual(['slowly']);
  });
});

describe('a start that failed in its first step', () => {
  test('is made again by retryNow', async () => {
    const { open, clock } = browserWith();
    let broken = true;
    const exclusive = createFakeExclusive();
    const session = open({
      exclusive: (name, work) => (broken ? Promise.reject(new Error('no locks')) : exclusive(name, work)),
    });
    session.start();
    session.send('kept');
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'unexpected', retryAt: null });
    broken = false;
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect(states(session)).toEqual(['sent']);
  });
});

describe('a token that ends', () => {
  test('while a renewal of the connection before was still waiting, brings the link back when it comes', async () => {
    const { session, clock, service } = await startedBrowser();
    await clock.advance(service.tokenLifeMs * 0.7);
    service.tokenError = new TokenServiceError('down');
    await clock.advance(service.tokenLifeMs * 0.15);
    service.kill();
    await clock.advance(service.tokenLifeMs * 0.2);
    service.drop();
    await clock.advance(5_000);
    expect(session.getSnapshot().status).toBe('reconnecting');
    service.tokenError = null;
    await clock.advance(120_000);
    expect(session.getSnapshot().status).toBe('online');
  });

  test.each([
    ['stays', () => {}],
    ['comes back', (service: FakeService) => service.drop()],
    ['dies', (service: FakeService) => service.kill()],
  ])(
    'together with its identity, while the old link %s, delivers all under the new one',
    async (_, happen) => {
      const { session, clock, service, sid } = await startedBrowser();
      await clock.advance(service.tokenLifeMs * 0.79);
      service.tokenError = new TokenServiceError('too old', { status: 403, code: 'identity_expired' });
      let asked = 0;
      service.add(sid, 'bot', 'before');
      session.subscribe(() => {
        if (session.getSnapshot().notices.length === 0 || asked > 0) return;
        asked += 1;
        // The new identity is there, its token is not.
        service.tokenError = new TokenServiceError('down');
      });
      await clock.advance(service.tokenLifeMs * 0.02);
      expect(asked).toBe(1);
      expect(session.getSnapshot()).toMatchObject({ status: 'reconnecting', messages: [] });
      session.send('to whom?');
      happen(service);
      await clock.advance(3_000);
      expect(session.getSnapshot().status).toBe('reconnecting');
      service.tokenError = null;
      await clock.advance(120_000);
      expect(session.getSnapshot()).toMatchObject({ status: 'online', notices: ['identity_expired'] });
      expect(session.getSnapshot().conversationSid).not.toBe(sid);
      expect(bodies(session)).toEqual(['to whom?']);
      const { identity, conversationSid } = session.getSnapshot();
      const made = [...service.conversations.values()].filter((other) => other.sid !== sid);
      expect(made.map((other) => [other.sid, ...other.participants])).toEqual([[conversationSid, identity]]);
      expect(service.conversations.get(sid)?.messages.map(({ body }) => body)).toEqual(['before']);
    },
  );
});

describe('a clock that is put back', () => {
  test('holds up neither the next connection nor a click', async () => {
    const browser = browserWith();
    const { clock, service } = browser;
    let offset = 0;
    const session = browser.open({
      clock: { now: () => clock.now() + offset, after: (ms, task) => clock.after(ms, task) },
    });
    session.start();
    await clock.settle();
    service.kill();
    await clock.advance(1_000);
    expect(session.getSnapshot().status).toBe('online');
    offset = -86_400_000;
    service.kill();
    await clock.advance(120_000);
    expect(session.getSnapshot().status).toBe('online');
    service.refuse(true);
    await clock.advance(10_000);
    offset *= 2;
    service.refuse(false);
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });
});

describe('after stop', () => {
  test.each([
    ['online', async () => {}],
    [
      'waiting for a token',
      async ({ session, service, clock }: Started) => {
        await session.stop();
        service.tokenError = new Error('down');
        session.start();
        await clock.settle();
      },
    ],
    [
      'waiting to send again',
      async ({ session, service, clock }: Started) => {
        for (let count = 0; count < 4; count += 1) service.fail('send', 'busy');
        session.send('patience');
        await clock.settle();
      },
    ],
    [
      'waiting to open',
      async ({ session, service, clock }: Started) => {
        await session.stop();
        for (let count = 0; count < 4; count += 1) service.fail('open', 'busy');
        session.start();
        await clock.settle();
      },
    ],
  ])('no timer is left of a session that was %s', async (_, happen) => {
    const started = await startedBrowser();
    await happen(started);
    await started.clock.settle();
    await started.session.stop();
    await started.clock.settle();
    expect(started.clock.waiting()).toBe(0);
  });
});

describe('two tabs', () => {
  test('what the other tab could not send in a chat that is over goes along into the new one', async () => {
    const { session, open, clock, service, sid } = await startedBrowser();
    const other = open();
    other.start();
    await clock.settle();
    service.close(sid);
    await clock.settle();
    other.send('typed in the other tab');
    await clock.settle();
    session.startNew();
    await clock.settle();
    await other.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().conversationSid).toBe(session.getSnapshot().conversationSid);
    expect(bodies(again)).toEqual(['typed in the other tab']);
  });
});

test('after a connection was replaced, edits and removals of what is shown are seen too', async () => {
  const { session, clock, service, sid } = await startedBrowser();
  for (let count = 0; count < 80; count += 1) service.add(sid, 'bot', `old ${count}`);
  await clock.settle();
  service.kill();
  service.edit(sid, 3, 'old 3, corrected');
  service.remove(sid, 7);
  service.remove(sid, 79);
  await clock.advance(15_000);
  expect(session.getSnapshot().status).toBe('online');
  expect(bodies(session)).toEqual(service.conversations.get(sid)?.messages.map(({ body }) => body));
});

test('a listener that throws harms neither the others nor the chat', async () => {
  const { session, clock, stored } = await startedBrowser();
  let heard = 0;
  const stop = session.subscribe(() => {
    throw new Error('of the page');
  });
  session.subscribe(() => {
    heard += 1;
  });
  session.send('hello');
  stop();
  expect(heard).toBe(1);
  // It is not swallowed either: it comes to light where errors of the page do.
  await expect(clock.advance(0)).rejects.toThrow('of the page');
  await clock.advance(10_000);
  expect(stored().map(({ body }) => body)).toEqual(['hello']);
});

describe('what was written in a conversation that is over', () => {
  const shownByNextPage = async ({ open, clock }: Started): Promise<string[]> => {
    const session = open();
    session.start();
    await clock.settle();
    const shown = bodies(session);
    await session.stop();
    return shown;
  };

  test('is found by the next page when this one goes while the next conversation is being made', async () => {
    const browser = await startedBrowser();
    const { session, clock, service, sid } = browser;
    service.close(sid);
    await clock.settle();
    session.send('too late');
    service.fail('create', 'silent');
    session.startNew();
    await clock.settle();
    await session.stop();
    await clock.advance(60_000);
    expect(await shownByNextPage(browser)).toEqual(['too late']);
  });

  test('is found by the next page when this one goes while a lost conversation is being replaced', async () => {
    const browser = await startedBrowser();
    const { session, clock, service, sid } = browser;
    service.refuse(true);
    service.drop();
    session.send('never sent');
    await session.stop();
    service.delete(sid);
    service.refuse(false);
    service.fail('create', 'silent');
    expect(await shownByNextPage(browser)).toEqual(['never sent']);
    await clock.advance(60_000);
    expect(await shownByNextPage(browser)).toEqual(['never sent']);
  });
});

test('a conversation that was closed before its visitor had joined it is left for another one', async () => {
  const { open, clock, service } = browserWith();
  service.fail('create', 'closed');
  const session = open();
  session.start();
  session.send('hello');
  await clock.settle();
  expect(session.getSnapshot()).toMatchObject({ status: 'online', reason: null });
  expect(states(session)).toEqual(['sent']);
});

test('what a page wrote that did not know that the conversation was over is found by the next one', async () => {
  const browser = await startedBrowser();
  const { session, clock, service, sid, open } = browser;
  const other = open();
  other.start();
  await clock.settle();
  service.fail('create', 'silent');
  service.delete(sid);
  await clock.settle();
  session.startNew();
  await clock.advance(1);
  // As a page does that has not heard of it.
  const waiting = { cid: 'c1', body: 'unheard', at: 1, error: null, attempted: false, after: -1 };
  await other.stop();
  browser.storage.write(
    `conversations-web-chat:default:outbox:${sid}`,
    JSON.stringify({ version: 1, messages: [waiting] }),
  );
  await session.stop();
  await clock.advance(60_000);
  const next = open();
  next.start();
  await clock.advance(60_000);
  expect(bodies(next)).toEqual(['unheard']);
});
