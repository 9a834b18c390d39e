import { afterEach, describe, expect, test } from 'vitest';
import { createFakeBrowser, createOpenFiles, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import type { ChatSnapshot } from './snapshot.js';
import { createFakeTabs } from './testing.js';

const browsers: FakeBrowser[] = [];
afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
});

function aBrowser(): FakeBrowser {
  const browser = createFakeBrowser();
  browsers.push(browser);
  return browser;
}

/** Of a user of the site. */
const token = `e30.${Buffer.from('{"iss":"i","sub":"s"}').toString('base64url')}.x`;

const stranger: Partial<ChatSnapshot> = {
  status: 'idle',
  identity: null,
  verified: false,
  conversationSid: null,
  messages: [],
  notices: [],
  participants: [],
  happenings: [],
  unread: 0,
};

describe('forget me', () => {
  test('leaves no word, identity, SID or secret, whatever part of the chat kept them', async () => {
    const browser = await startFakeBrowser(aBrowser());
    const { session, clock, service, storage, sid } = browser;
    storage.values.set('cart', '3 shoes');
    storage.values.set('conversations-web-chat:other', 'another installation');
    storage.values.set('webchat-uuid', 'a3bb189e-8bf9-4c8e-9a2b-1d5b5f1f0e11').set('webchat-sid', sid);
    session.send('delivered words');
    await clock.settle();
    service.add(sid, 'bot', 'an answer');
    service.refuse(true);
    session.send('unsent words');
    session.draft.write('drafted words');
    session.markRead();
    await clock.advance(10_000);
    const { identity } = session.getSnapshot();
    const { secret } = JSON.parse(storage.values.get('conversations-web-chat:default') ?? '{}');
    const everything = (): string => JSON.stringify([...storage.values]);
    for (const trace of [identity, sid, secret, 'delivered', 'unsent', 'drafted']) {
      expect(everything()).toContain(trace);
    }
    await Promise.all([session.forgetMe(), clock.advance(4_000)]);
    expect([...storage.values.keys()]).toEqual(['cart', 'conversations-web-chat:other']);
    expect(session.getSnapshot()).toMatchObject(stranger);
    expect(session.draft.read()).toBe('');
    expect(service.openConnections()).toBe(0);
    // Nor does anything that was still on its way bring them back.
    service.refuse(false);
    await clock.advance(600_000);
    expect([...storage.values.keys()]).toEqual(['cart', 'conversations-web-chat:other']);
  });

  test('empties the store of files', async () => {
    const { open, clock } = aBrowser();
    const files = createOpenFiles();
    const content = new Blob(['x']);
    await files.write('conversations-web-chat:default:file:1', content);
    await files.write('conversations-web-chat:defaults:file:1', content);
    const session = open({ files });
    session.start();
    await clock.settle();
    await Promise.all([session.forgetMe(), clock.settle()]);
    expect([...files.contents.keys()]).toEqual(['conversations-web-chat:defaults:file:1']);
  });

  test('stops sending, leaves, tells the other tabs, and closes when it has left, in this order', async () => {
    const { open, service, storage, tabs, clock } = aBrowser();
    const seen: string[] = [];
    const session = open({
      connect(options) {
        const connection = service.connect(options);
        return {
          ...connection,
          async create(request) {
            const remote = await connection.create(request);
            const leave = async (): Promise<void> => {
              seen.push('leaves');
              await remote.leave();
              seen.push('has left');
            };
            return { ...remote, leave };
          },
          close() {
            seen.push('closes');
            return connection.close();
          },
        };
      },
      openTabs(name, listener) {
        const opened = tabs.openTabs(name, listener);
        return {
          ...opened,
          tell(message) {
            seen.push('tells');
            opened.tell(message);
          },
        };
      },
    });
    session.start();
    await clock.settle();
    const sid = session.getSnapshot().conversationSid ?? '';
    session.send('too late');
    const forgetting = session.forgetMe();
    expect(session.getSnapshot()).toMatchObject(stranger);
    expect(storage.values.size).toBe(0);
    await clock.settle();
    await forgetting;
    expect(seen).toEqual(['leaves', 'tells', 'has left', 'closes']);
    expect(service.conversations.get(sid)?.messages).toEqual([]);
    expect(service.conversations.get(sid)?.participants.size).toBe(0);
  });

  test('makes the next visitor a stranger, with another conversation', async () => {
    const { session, clock, sid, storage } = await startFakeBrowser(aBrowser());
    const { identity } = session.getSnapshot();
    session.send('words');
    await clock.settle();
    await Promise.all([session.forgetMe(), clock.settle()]);
    session.start();
    await clock.settle();
    const next = session.getSnapshot();
    expect(next).toMatchObject({ status: 'online', messages: [], notices: [] });
    expect(next.identity).not.toBe(identity);
    expect(next.conversationSid).not.toBe(sid);
    expect(JSON.stringify([...storage.values])).not.toContain(identity);
  });

  test('reaches every tab at once, and what the next visitor does in one of them stays', async () => {
    const browser = await startFakeBrowser(aBrowser());
    const { session, clock, service, storage } = browser;
    const other = browser.open();
    other.start();
    await clock.settle();
    other.draft.write('drafted in the other tab');
    // Its line is dead, so that closing takes its time.
    service.refuse(true);
    other.send('unsent in the other tab');
    const forgetting = session.forgetMe();
    await clock.advance(1_000);
    expect(other.getSnapshot()).toMatchObject(stranger);
    service.refuse(false);
    other.start();
    await clock.settle();
    const stored = [...storage.values];
    await clock.advance(10_000);
    await forgetting;
    expect(other.getSnapshot().status).toBe('online');
    expect([...storage.values].length).toBeGreaterThanOrEqual(stored.length);
    expect(JSON.stringify([...storage.values])).not.toContain('other tab');
  });

  test('is noticed by a tab that nobody told, before it writes anything', async () => {
    const browser = await startFakeBrowser(aBrowser());
    const { session, clock, storage, sid, stored } = browser;
    const deaf = browser.open({ openTabs: () => ({ tell() {}, close() {} }) });
    deaf.start();
    await clock.settle();
    const { identity } = deaf.getSnapshot();
    await Promise.all([session.forgetMe(), clock.settle()]);
    expect(storage.values.size).toBe(0);
    deaf.send('who am I?');
    await clock.settle();
    const after = deaf.getSnapshot();
    expect(after).toMatchObject({ status: 'online', messages: [{ body: 'who am I?', state: 'sent' }] });
    expect(after.identity).not.toBe(identity);
    expect(after.conversationSid).not.toBe(sid);
    expect(stored()).toEqual([]);
  });

  test('is noticed by a tab that comes back to life', async () => {
    const browser = await startFakeBrowser(aBrowser());
    const { session, clock, storage, service } = browser;
    storage.values.clear();
    service.drop();
    await clock.advance(5_000);
    expect(session.getSnapshot()).toMatchObject(stranger);
    expect(storage.values.size).toBe(0);
  });

  test('is not what happens when the browser begins to refuse its storage', async () => {
    const browser = aBrowser();
    const broken = { refused: false };
    const values = browser.storage;
    const storage = {
      ...values,
      get lasting() {
        return !broken.refused;
      },
      read: (key: string) => (broken.refused ? null : values.read(key)),
    };
    const session = browser.open({ storage });
    session.start();
    await browser.clock.settle();
    const { identity } = session.getSnapshot();
    session.send('first');
    await browser.clock.settle();
    broken.refused = true;
    session.send('second');
    await browser.clock.settle();
    const { messages, identity: after } = session.getSnapshot();
    expect([after, messages.map(({ body }) => body)]).toEqual([identity, ['first', 'second']]);
  });

  test('of a user keeps them in their conversation, which they find again', async () => {
    const { open, clock, storage } = aBrowser();
    const session = open({ userToken: token });
    session.start();
    await clock.settle();
    session.send('words');
    await clock.settle();
    const { conversationSid } = session.getSnapshot();
    await Promise.all([session.logout(), clock.settle()]);
    expect(storage.values.size).toBe(0);
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', verified: false, messages: [] });
    await Promise.all([session.identify(token), clock.settle()]);
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ verified: true, conversationSid });
    expect(session.getSnapshot().messages).toMatchObject([{ body: 'words', own: true }]);
  });

  test('N14: is done within four seconds while a handshake hangs', async () => {
    const { open, clock, service } = aBrowser();
    const session = open({
      connect: (options) => ({
        ...service.connect(options),
        ready: () => new Promise(() => {}),
        // As long as the port allows.
        close: () => new Promise((resolve) => void clock.after(3_000, resolve)),
      }),
    });
    session.start();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('starting');
    let done = false;
    void session.forgetMe().then(() => {
      done = true;
    });
    await clock.advance(3_999);
    expect(done).toBe(true);
    expect(session.getSnapshot()).toMatchObject(stranger);
  });

  test('N14: is done within four seconds while the service answers nothing', async () => {
    const { open, clock, service, storage } = aBrowser();
    const session = open({
      connect: (options) => ({
        ...service.connect(options),
        close: () => new Promise((resolve) => void clock.after(3_000, resolve)),
      }),
    });
    session.start();
    await clock.settle();
    service.fail('leave', 'silent');
    let done = false;
    void session.forgetMe().then(() => {
      done = true;
    });
    await clock.advance(3_999);
    expect(done).toBe(true);
    expect(storage.values.size).toBe(0);
  });

  test('before anything was started takes away what an earlier visit left', async () => {
    const { session, open, clock, storage } = await startFakeBrowser(aBrowser());
    session.send('words');
    await clock.settle();
    await session.stop();
    const later = open();
    await Promise.all([later.forgetMe(), clock.settle()]);
    expect(storage.values.size).toBe(0);
  });

  test('of one installation spares another one whose key begins with the same word and a colon', async () => {
    const { open, clock, storage } = aBrowser();
    const longer = open({ key: 'a:b' });
    longer.start();
    await clock.settle();
    longer.draft.write('kept');
    const before = [...storage.values];
    const short = open({ key: 'a' });
    short.start();
    await clock.settle();
    await Promise.all([short.forgetMe(), clock.settle()]);
    expect([...storage.values]).toEqual(before);
  });

  test('of which a tab that slept hears late takes nothing away from who came since', async () => {
    const held: (() => void)[] = [];
    const { openTabs } = createFakeTabs((hand) => held.push(hand));
    const { open, clock, storage, service } = aBrowser();
    const files = createOpenFiles();
    const [one, asleep] = [open({ openTabs, files }), open({ openTabs, files })];
    one.start();
    asleep.start();
    await clock.settle();
    asleep.draft.write('of who was here');
    await Promise.all([one.forgetMe(), clock.settle()]);
    one.start();
    await clock.settle();
    service.refuse(true);
    one.send('unsent', [Object.assign(new Blob(['x']), { name: 'x.txt' })]);
    one.draft.write('half a thought');
    await clock.settle();
    const stored = [...storage.values];
    expect(one.getSnapshot().identity).not.toBe(asleep.getSnapshot().identity);
    for (const hand of held.splice(0)) hand();
    await clock.settle();
    expect([...storage.values]).toEqual(stored);
    expect(files.contents.size).toBe(1);
    expect(asleep.getSnapshot()).toMatchObject(stranger);
    expect(asleep.draft.read()).toBe('');
  });

  test('does not forget who the page says is logged in a moment later', async () => {
    const { session, clock } = await startFakeBrowser(aBrowser());
    const forgetting = session.logout();
    void session.identify(token);
    await clock.advance(4_000);
    await forgetting;
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', verified: true });
  });

  test('is noticed by whoever types, whose text stays', async () => {
    const { session, clock, storage } = await startFakeBrowser(aBrowser());
    const { identity, conversationSid } = session.getSnapshot();
    storage.values.clear();
    session.draft.write('x');
    await clock.advance(5_000);
    const stored = JSON.stringify([...storage.values]);
    for (const trace of [identity, conversationSid]) expect(stored).not.toContain(trace);
    expect(session.draft.read()).toBe('x');
    expect(session.getSnapshot().status).toBe('online');
  });

  test('does not begin a chat that was ended before', async () => {
    const { session, clock, storage } = await startFakeBrowser(aBrowser());
    await session.stop();
    storage.values.clear();
    session.send('later');
    await clock.settle();
    expect(session.getSnapshot().status).toBe('idle');
  });

  test('is not of who comes in the next moment, though the line is still being closed', async () => {
    const { session, clock, service } = await startFakeBrowser(aBrowser());
    const { identity } = session.getSnapshot();
    service.fail('leave', 'silent');
    const forgetting = session.forgetMe();
    session.start();
    session.send('new words');
    await clock.advance(4_000);
    await forgetting;
    expect(session.getSnapshot()).toMatchObject({
      status: 'online',
      messages: [{ body: 'new words', state: 'sent' }],
    });
    expect(session.getSnapshot().identity).not.toBe(identity);
  });
});
