import { afterEach, describe, expect, test } from 'vitest';
import { createFakeBrowser, type FakeBrowser } from './fake-browser.js';

const open: FakeBrowser[] = [];
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

/** Two tabs of one visitor that are online in one conversation. */
async function twoTabs() {
  const browser = createFakeBrowser();
  open.push(browser);
  const [one, two] = [browser.open(), browser.open()];
  one.start();
  two.start();
  await browser.clock.settle();
  return { ...browser, one, two, sid: one.getSnapshot().conversationSid ?? '' };
}

describe('another conversation', () => {
  test('that is begun in one tab is the one of every tab', async () => {
    const { one, two, sid, service, clock } = await twoTabs();
    service.add(sid, 'bot', 'bye');
    await clock.settle();
    service.close(sid);
    await clock.settle();
    expect([one, two].map((tab) => tab.getSnapshot().status)).toEqual(['ended', 'ended']);
    one.startNew();
    await clock.settle();
    const next = one.getSnapshot().conversationSid;
    expect(next).not.toBe(sid);
    expect(two.getSnapshot()).toMatchObject({ status: 'online', conversationSid: next, messages: [] });
    expect(service.conversations.size).toBe(2);
  });

  test('is followed also by a tab that has not heard of the end, and takes along what waits in it', async () => {
    const { two, tabs, sid, service, clock } = await twoTabs();
    service.fail('send', 'busy');
    two.send('waiting');
    await clock.settle();
    const conversationSid = `CH${'0'.repeat(32)}`;
    const { identity } = two.getSnapshot();
    tabs.say({ kind: 'moved', conversationSid, ended: conversationSid, identity });
    await clock.settle();
    expect(two.getSnapshot().conversationSid).toBe(sid);
    tabs.say({ kind: 'moved', conversationSid, ended: sid, identity });
    await clock.advance(90_000);
    const next = two.getSnapshot().conversationSid ?? '';
    expect(next).not.toBe(sid);
    expect(two.getSnapshot().messages.map(({ body, state }) => [body, state])).toEqual([['waiting', 'sent']]);
    expect(service.conversations.get(next)?.messages.map(({ body }) => body)).toEqual(['waiting']);
  });
});

describe('tabs of somebody else', () => {
  test('are not heard', async () => {
    const { one, tabs, sid, clock } = await twoTabs();
    tabs.say({ kind: 'ended', conversationSid: sid, identity: 'somebody else' });
    await clock.settle();
    expect(one.getSnapshot().status).toBe('online');
    tabs.say({ kind: 'ended', conversationSid: sid, identity: one.getSnapshot().identity });
    await clock.settle();
    expect(one.getSnapshot()).toMatchObject({ status: 'ended', reason: 'ended_by_visitor' });
  });

  test('are not there where nothing lasts, nor before the start or after the end', async () => {
    const browser = createFakeBrowser();
    open.push(browser);
    const session = browser.open({ storage: { ...browser.storage, lasting: false } });
    session.start();
    await browser.clock.settle();
    expect(browser.tabs.listening()).toBe(0);
    const lasting = browser.open();
    expect(browser.tabs.listening()).toBe(0);
    lasting.start();
    await browser.clock.settle();
    expect(browser.tabs.listening()).toBe(1);
    await lasting.stop();
    expect(browser.tabs.listening()).toBe(0);
  });
});
