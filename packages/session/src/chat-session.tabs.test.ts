import { afterEach, describe, expect, test } from 'vitest';
import type { ChatSession } from './contract.js';
import { createFakeBrowser, type FakeBrowser } from './fake-browser.js';
import type { FakeService } from './testing.js';

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

/** What the service is told of how far this visitor has read. */
function marks(service: FakeService, sid: string): number[] {
  const told: number[] = [];
  const reads = service.conversations.get(sid)?.reads;
  const set = reads?.set.bind(reads);
  if (reads && set) {
    reads.set = (identity, index) => {
      told.push(index);
      return set(identity, index);
    };
  }
  return told;
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

const seen = ({ getSnapshot }: ChatSession) => {
  const { unread, readTo } = getSnapshot();
  return [unread, readTo];
};

describe('what has been read', () => {
  test('counts what others wrote since, and nothing of one’s own, over gaps', async () => {
    const { one, two, sid, service, clock } = await twoTabs();
    expect(seen(one)).toEqual([0, -1]);
    for (const body of ['zero', 'one', 'two']) service.add(sid, 'bot', body);
    one.send('three');
    await clock.settle();
    service.remove(sid, 1);
    await clock.settle();
    expect([seen(one), seen(two)]).toEqual([
      [2, -1],
      [2, -1],
    ]);
    one.markRead();
    await clock.settle();
    service.add(sid, 'bot', 'four');
    await clock.settle();
    expect([seen(one), seen(two)]).toEqual([
      [1, 3],
      [1, 3],
    ]);
  });

  test('in one tab is read in the other, also where only the other has a link, and the service is told once', async () => {
    const { one, two, sid, service, clock } = await twoTabs();
    const told = marks(service, sid);
    service.add(sid, 'bot', 'one');
    await clock.settle();
    one.markRead();
    await clock.settle();
    two.markRead();
    one.markRead();
    await clock.settle();
    expect([seen(one), seen(two)]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(told).toEqual([0]);
    service.refuse(true);
    two.markRead();
    await clock.settle();
    expect(seen(one)).toEqual([0, 0]);
  });

  test('while there is no link is told when there is one again, by whichever tab has one', async () => {
    const { one, two, sid, service, clock } = await twoTabs();
    const told = marks(service, sid);
    service.add(sid, 'bot', 'one');
    await clock.settle();
    service.refuse(true);
    one.markRead();
    await clock.settle();
    expect([seen(one), seen(two), told]).toEqual([[0, 0], [0, 0], []]);
    await one.stop();
    service.refuse(false);
    await clock.advance(5_000);
    expect(told).toEqual([0]);
    expect(two.getSnapshot().status).toBe('online');
  });

  test('is known after a reload: from storage at once, and from the service where storage forgot', async () => {
    const { one, two, sid, open, storage, service, clock } = await twoTabs();
    service.add(sid, 'bot', 'one');
    await clock.settle();
    one.markRead();
    await clock.settle();
    await two.stop();
    const again = open({ fetchToken: () => new Promise(() => {}) });
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'starting', readTo: 0 });
    for (const key of [...storage.values.keys()]) if (key.endsWith(':read')) storage.remove(key);
    const third = open();
    third.start();
    await clock.settle();
    expect(seen(third)).toEqual([0, 0]);
  });

  test('cannot be made to reach beyond the last message by what stands in storage', async () => {
    const { one, two, sid, open, storage, service, clock } = await twoTabs();
    service.add(sid, 'bot', 'one');
    await clock.settle();
    await one.stop();
    await two.stop();
    const told = marks(service, sid);
    for (const value of [`{"conversationSid":"${sid}","index":4000}`, '{"index":4}', '[', 'null', '7']) {
      storage.write('conversations-web-chat:default:read', value);
      const again = open();
      again.start();
      await clock.settle();
      service.add(sid, 'bot', 'more');
      await clock.settle();
      expect(again.getSnapshot().unread).toBeGreaterThan(0);
      await again.stop();
    }
    expect(Math.max(...told, 0)).toBeLessThan(10);
  });

  test('counts by the service what has not been read from it yet, until it is', async () => {
    const { one, two, sid, open, service, clock } = await twoTabs();
    service.add(sid, 'bot', 'seen');
    await clock.settle();
    one.markRead();
    await clock.settle();
    await one.stop();
    await two.stop();
    for (let count = 1; count <= 20; count += 1) service.add(sid, 'bot', `m${count}`);
    service.remove(sid, 10);
    const again = open({ pageSize: 5 });
    again.start();
    await clock.settle();
    expect(again.getSnapshot().messages).toHaveLength(5);
    expect(seen(again)).toEqual([19, 0]);
    for (const unread of [19, 19, 19, 19]) {
      await again.loadOlder();
      expect(again.getSnapshot().unread).toBe(unread);
    }
    expect(again.getSnapshot().hasOlder).toBe(false);
    again.markRead();
    expect(seen(again)).toEqual([0, 20]);
  });

  test('is everything where nothing has been read yet', async () => {
    const { one, two, sid, open, service, clock } = await twoTabs();
    await one.stop();
    await two.stop();
    for (let count = 0; count < 12; count += 1) service.add(sid, 'bot', `m${count}`);
    const again = open({ pageSize: 5 });
    again.start();
    await clock.settle();
    expect(seen(again)).toEqual([12, -1]);
  });
});

describe('an alert', () => {
  test('is claimed by one tab for each message, and not again for earlier ones', async () => {
    const { one, two, sid, service, clock } = await twoTabs();
    for (const body of ['zero', 'one', 'two']) service.add(sid, 'bot', body);
    await clock.settle();
    const claim = async (index: number) => {
      const both = Promise.all([two.claimAlert(index), one.claimAlert(index)]);
      await clock.advance(2_000);
      return (await both).filter(Boolean).length;
    };
    expect([await claim(1), await claim(1), await claim(0), await claim(2)]).toEqual([1, 0, 0, 1]);
  });

  test('is not claimed for what is looked at in another tab in that moment, nor again after a reload', async () => {
    const { one, two, sid, open, service, clock } = await twoTabs();
    service.add(sid, 'bot', 'zero');
    await clock.settle();
    const claimed = one.claimAlert(0);
    await clock.settle();
    two.markRead();
    await clock.advance(2_000);
    expect(await claimed).toBe(false);
    service.add(sid, 'bot', 'one');
    await clock.settle();
    const first = one.claimAlert(1);
    await clock.advance(2_000);
    expect(await first).toBe(true);
    await one.stop();
    const again = open();
    again.start();
    await clock.settle();
    const second = again.claimAlert(1);
    await clock.advance(2_000);
    expect(await second).toBe(false);
  });

  test('is nobody’s before the start and after the end', async () => {
    const { one, two, sid, open, service, clock } = await twoTabs();
    service.add(sid, 'bot', 'zero');
    await clock.settle();
    const waiting = one.claimAlert(0);
    await one.stop();
    expect(await waiting).toBe(false);
    expect(await one.claimAlert(0)).toBe(false);
    expect(await open().claimAlert(0)).toBe(false);
    const late = two.claimAlert(0);
    await clock.advance(2_000);
    expect(await late).toBe(true);
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

describe('a draft', () => {
  const texts = (...tabs: ChatSession[]) => tabs.map(({ draft }) => draft.read());

  test('that is typed in one tab is there in the other, goes on in either, and is gone from both when it is sent', async () => {
    const { one, two, clock } = await twoTabs();
    let told = 0;
    two.draft.subscribe(() => {
      told += 1;
    });
    one.draft.write('Hel');
    one.draft.write('Hello');
    await clock.settle();
    expect([texts(one, two), told]).toEqual([['Hello', 'Hello'], 2]);
    two.draft.write('Hello, world');
    await clock.settle();
    expect([texts(one, two), told]).toEqual([['Hello, world', 'Hello, world'], 2]);
    one.send(one.draft.read());
    one.draft.write('');
    await clock.settle();
    expect([texts(one, two), told]).toEqual([['', ''], 3]);
  });

  test('is never overwritten by what another tab writes without knowing of it, nor lost when that is sent', async () => {
    const { one, two, open, tabs, sid, storage, clock } = await twoTabs();
    await two.stop();
    one.draft.write('mine');
    const { identity } = one.getSnapshot();
    const news = { kind: 'draft', conversationSid: sid, identity };
    tabs.say({ ...news, text: 'theirs', before: '' });
    await clock.settle();
    expect(one.draft.read()).toBe('mine');
    storage.remove(`conversations-web-chat:default:draft:${sid}`);
    tabs.say({ ...news, text: '', before: 'theirs' });
    await clock.settle();
    expect(one.draft.read()).toBe('mine');
    await one.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.draft.read()).toBe('mine');
  });

  test('of another conversation is not this one’s', async () => {
    const { one, tabs, clock } = await twoTabs();
    const { identity } = one.getSnapshot();
    tabs.say({ kind: 'draft', conversationSid: `CH${'0'.repeat(32)}`, identity, text: 'other', before: '' });
    tabs.say({ kind: 'draft', conversationSid: null, identity, text: 'other', before: '' });
    await clock.settle();
    expect(one.draft.read()).toBe('');
  });

  test('tells of itself when it is read from storage, and a listener that was taken back hears nothing', async () => {
    const { one, two, open, clock } = await twoTabs();
    one.draft.write('left');
    await one.stop();
    await two.stop();
    const again = open();
    const heard: string[] = [];
    again.draft.subscribe(() => heard.push(again.draft.read()));
    again.draft.subscribe(() => heard.push('taken back'))();
    again.start();
    await clock.settle();
    expect(heard).toEqual(['left']);
  });
});
