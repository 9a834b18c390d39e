import { afterEach, describe, expect, test } from 'vitest';
import type { FileContent } from './connection.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import type { FileStore } from './ports.js';
import type { ChatSnapshot } from './snapshot.js';

const browsers: FakeBrowser[] = [];
afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
});

function aBrowser(): FakeBrowser {
  const browser = createFakeBrowser();
  browsers.push(browser);
  return browser;
}

/** A store that can be looked into. */
function aFileStore(): FileStore & { contents: Map<string, FileContent> } {
  const contents = new Map<string, FileContent>();
  return {
    contents,
    async write(key, content) {
      contents.set(key, content);
      return true;
    },
    read: async (key) => contents.get(key) ?? null,
    remove: async (key) => void contents.delete(key),
    async clear(prefix) {
      for (const key of contents.keys()) if (key.startsWith(prefix)) contents.delete(key);
    },
  };
}

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
    const files = aFileStore();
    const content = new Blob(['x']);
    await files.write('conversations-web-chat:default:file:1', content);
    await files.write('conversations-web-chat:defaults:file:1', content);
    const session = open({ files });
    session.start();
    await clock.settle();
    await Promise.all([session.forgetMe(), clock.settle()]);
    expect([...files.contents.keys()]).toEqual(['conversations-web-chat:defaults:file:1']);
  });

  test('stops sending, leaves, tells the other tabs, and closes, in this order', async () => {
    const browser = await startFakeBrowser(aBrowser());
    const { session, service, sid, tabs, storage, clock } = browser;
    const identity = session.getSnapshot().identity ?? '';
    const seen: [string, boolean, boolean][] = [];
    const look = (what: string): void => {
      const inside = service.conversations.get(sid)?.participants.has(identity) ?? false;
      seen.push([what, inside, storage.values.size > 0]);
    };
    tabs.openTabs('conversations-web-chat:default', () => look('told'));
    session.subscribe(() => session.getSnapshot().status === 'idle' && look('stopped'));
    session.send('too late');
    const forgetting = session.forgetMe();
    await clock.settle();
    await forgetting;
    look('done');
    expect(seen[0]?.[1]).toBe(false);
    expect(seen.map(([what]) => what)).toContain('told');
    expect(seen.at(-1)).toEqual(['done', false, false]);
    expect(browser.stored()).toEqual([]);
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

  test('of a user keeps them in their conversation, which they find again', async () => {
    const token = `e30.${Buffer.from('{"iss":"i","sub":"s"}').toString('base64url')}.x`;
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
});
