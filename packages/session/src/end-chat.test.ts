import { afterEach, expect, test } from 'vitest';
import type { ChatSession } from './contract.js';
import { createFakeBrowser, type FakeBrowser } from './fake-browser.js';
import { createFakeExclusive, createMemoryStorage } from './testing.js';

const open: FakeBrowser[] = [];
function browserWith() {
  const browser = createFakeBrowser();
  open.push(browser);
  return browser;
}
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

/** A lock that another tab may have. */
function heldLock() {
  const inner = createFakeExclusive();
  let release = (): void => {};
  let free: Promise<void> = Promise.resolve();
  const exclusive: typeof inner = (name, work) => {
    const turn = free;
    return inner(name, async () => {
      await turn;
      return work();
    });
  };
  return {
    exclusive,
    hold() {
      free = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
  };
}

async function startedWith(exclusive: ReturnType<typeof heldLock>['exclusive']) {
  const browser = browserWith();
  const session = browser.open({ exclusive });
  session.start();
  await browser.clock.settle();
  return { ...browser, session, sid: session.getSnapshot().conversationSid ?? '' };
}
const shown = (session: ChatSession) =>
  session.getSnapshot().messages.map(({ body, state }) => [body, state]);

test('an end that waits for another tab does not end the chat of whoever came meanwhile', async () => {
  const lock = heldLock();
  const { session, clock, sid, storage } = await startedWith(lock.exclusive);
  lock.hold();
  void session.endChat();
  await clock.settle();
  const forgetting = session.forgetMe();
  await clock.settle();
  await forgetting;
  session.start();
  lock.release();
  await clock.advance(10_000);
  expect(session.getSnapshot()).toMatchObject({ status: 'online', reason: null });
  expect([...storage.values.entries()].join()).not.toContain(sid);
});

test('an end is there within three seconds, also when another tab has the lock', async () => {
  const lock = heldLock();
  const { session, clock } = await startedWith(lock.exclusive);
  lock.hold();
  void session.endChat();
  await clock.advance(3_000);
  expect(session.getSnapshot()).toMatchObject({ status: 'ended', reason: 'ended_by_visitor' });
  lock.release();
  await clock.settle();
  session.startNew();
  await clock.settle();
  expect(session.getSnapshot().status).toBe('online');
});

test('an end resolves, also when the visitor is forgotten before it could be noted that they left', async () => {
  const lock = heldLock();
  const { session, clock } = await startedWith(lock.exclusive);
  let ended = false;
  const ending = session.endChat().then(() => {
    ended = true;
  });
  session.subscribe(() => session.getSnapshot().status === 'ended' && lock.hold());
  await clock.settle();
  expect(ended).toBe(false);
  const forgetting = session.forgetMe();
  await clock.advance(4_000);
  await forgetting;
  lock.release();
  await clock.settle();
  await ending;
});

test('a crash at any moment of an end leaves what was not delivered where the next start finds it', async () => {
  const inner = createFakeExclusive();
  const browser = browserWith();
  const { clock, service, storage } = browser;
  const copies: Map<string, string>[] = [];
  const session = browser.open({
    async exclusive(name, work) {
      const result = await inner(name, work);
      copies.push(new Map(storage.values));
      return result;
    },
  });
  session.start();
  await clock.settle();
  for (let count = 0; count < 9; count += 1) service.fail('send', 'not_sent');
  session.send('not delivered');
  const ending = session.endChat();
  await clock.advance(3_000);
  await ending;
  for (let count = 0; count < 9; count += 1) service.fail('send', 'not_sent');
  expect(copies.length).toBeGreaterThan(2);
  await session.stop();
  for (const copy of copies.filter((values) => [...values.values()].join().includes('not delivered'))) {
    const again = browser.open({ storage: createMemoryStorage(copy), exclusive: createFakeExclusive() });
    again.start();
    await clock.settle();
    expect(shown(again).map(([body]) => body)).toContain('not delivered');
    await again.stop();
  }
});
