import { afterEach, expect, test } from 'vitest';
import type { Connect } from './connection.js';
import type { ChatSession } from './contract.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import type { FakeService } from './testing.js';

const KEY = 'conversations-web-chat:default';

const open: FakeBrowser[] = [];
function browserWith() {
  const browser = createFakeBrowser();
  open.push(browser);
  return browser;
}
const startedBrowser = () => startFakeBrowser(browserWith());
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

const stateOf = (session: ChatSession) => {
  const { status, reason } = session.getSnapshot();
  return [status, reason];
};
const storedSid = ({ storage }: FakeBrowser) =>
  (JSON.parse(storage.values.get(KEY) ?? '{}') as { conversation_sid?: string }).conversation_sid;

/** A service whose answers to `open` can be held back. */
function holding(service: FakeService) {
  const held: (() => void)[] = [];
  let on = false;
  const connect: Connect = (request) => {
    const connection = service.connect(request);
    const opening: typeof connection.open = async (sid) => {
      if (on) await new Promise<void>((resolve) => held.push(resolve));
      return connection.open(sid);
    };
    return { ...connection, open: opening };
  };
  return {
    connect,
    hold(next: boolean) {
      on = next;
    },
    held,
  };
}

/** A tab whose new connection still asks for the conversation, while the tab is told that another took its place. */
async function movedWhileOpening() {
  const browser = browserWith();
  const { service, clock } = browser;
  const slow = holding(service);
  const tab = browser.open({ connect: slow.connect });
  tab.start();
  await clock.settle();
  const over = tab.getSnapshot().conversationSid ?? '';
  const other = browser.open();
  other.start();
  await clock.settle();
  slow.hold(true);
  service.kill();
  await clock.advance(15_000);
  expect(slow.held).toHaveLength(1);
  return { ...browser, tab, other, over, slow };
}

test('a late answer about a conversation that is over does not put it in the place of the next one', async () => {
  const browser = await movedWhileOpening();
  const { tab, other, over, slow, service, clock } = browser;
  service.close(over);
  await clock.settle();
  slow.hold(false);
  other.startNew();
  await clock.settle();
  const next = other.getSnapshot().conversationSid;
  expect(next).not.toBe(over);
  expect(tab.getSnapshot()).toMatchObject({ status: 'online', conversationSid: next });
  for (const answer of slow.held) answer();
  await clock.settle();
  expect(storedSid(browser)).toBe(next);
  expect(tab.getSnapshot()).toMatchObject({ status: 'online', conversationSid: next });
});

test('a late answer that a conversation is gone is no news once another is being opened', async () => {
  const { tab, other, slow, service, clock } = await movedWhileOpening();
  await other.endChat();
  await clock.settle();
  expect(stateOf(tab)).toEqual(['ended', 'ended_by_visitor']);
  slow.hold(false);
  service.fail('create', 'busy');
  tab.startNew();
  await clock.settle();
  for (const answer of slow.held) answer();
  await clock.advance(5_000);
  expect(tab.getSnapshot()).toMatchObject({ status: 'online', notices: [] });
});

test('who is forgotten while the next chat has not begun leaves no trace of the last one', async () => {
  const { session, clock, service, storage, sid } = await startedBrowser();
  service.close(sid);
  await clock.settle();
  service.refuse(true);
  session.startNew();
  const forgetting = session.forgetMe();
  await clock.advance(5_000);
  await forgetting;
  service.refuse(false);
  session.start();
  await clock.advance(5_000);
  expect(session.getSnapshot().status).toBe('online');
  expect([...storage.values.entries()].join()).not.toContain(sid);
});

test('a conversation that is deleted just after it was read, before the chat was live, gives way to another', async () => {
  const { open, clock, service, session: first, sid } = await startedBrowser();
  await first.stop();
  const session = open();
  let dropped = false;
  session.subscribe(() => {
    if (dropped || !session.getSnapshot().historyLoaded) return;
    dropped = true;
    service.drop();
    service.delete(sid);
  });
  session.start();
  await clock.advance(120_000);
  expect(dropped).toBe(true);
  expect(session.getSnapshot()).toMatchObject({ status: 'online', notices: ['previous_chat_gone'] });
});

test('a start that nobody answers is explained within ten seconds, and stays so until it is online', async () => {
  const { open, clock, service, session: first, sid } = await startedBrowser();
  await first.stop();
  for (let count = 0; count < 3; count += 1) service.fail('open', 'silent');
  const session = open();
  const seen: string[] = [];
  session.subscribe(() => {
    const { status } = session.getSnapshot();
    if (seen.at(-1) !== status) seen.push(status);
  });
  session.start();
  await clock.advance(10_000);
  expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'connection_failed' });
  await clock.advance(200_000);
  expect(session.getSnapshot()).toMatchObject({ status: 'online', reason: null, conversationSid: sid });
  expect(seen).toEqual(['starting', 'failed', 'online']);
});

test('a click on «try again» while nobody answers makes another connection at once', async () => {
  const { open, clock, service, session: first, sid } = await startedBrowser();
  await first.stop();
  const session = open();
  service.fail('open', 'silent');
  session.start();
  await clock.advance(10_000);
  expect(session.getSnapshot().can).toContain('retry_now');
  session.retryNow();
  await clock.settle();
  expect(session.getSnapshot()).toMatchObject({ status: 'online', conversationSid: sid });
});
