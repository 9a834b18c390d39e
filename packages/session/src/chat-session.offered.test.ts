import { afterEach, describe, expect, test } from 'vitest';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';

const KEY = 'conversations-web-chat:default';

const open: FakeBrowser[] = [];
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

/** A token service that makes the conversations; clients that try to are refused. */
function browserWithOffers(): FakeBrowser {
  const browser = createFakeBrowser();
  browser.service.offering = true;
  open.push(browser);
  return browser;
}
const started = () => startFakeBrowser(browserWithOffers());

describe('where the token service makes the conversations', () => {
  test('a new visitor opens the offered one, and finds it again', async () => {
    const { session, sid, open, clock, service, storage } = await started();
    expect(session.getSnapshot().status).toBe('online');
    expect([...service.conversations.keys()]).toEqual([sid]);
    expect(JSON.parse(storage.values.get(KEY) ?? '')).toMatchObject({ conversation_sid: sid });
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'online', conversationSid: sid, notices: [] });
    expect(service.asked.map(({ ended }) => ended)).toEqual([undefined, undefined]);
  });

  test.each(['close', 'delete'] as const)('another is asked for after a %s, again and again', async (act) => {
    const { session, sid, clock, service } = await started();
    const seen = [sid];
    for (let time = 0; time < 3; time += 1) {
      service[act](seen.at(-1) ?? '');
      await clock.settle();
      expect(session.getSnapshot().status).toBe('ended');
      session.startNew();
      await clock.settle();
      const { status, conversationSid, notices } = session.getSnapshot();
      expect({ status, notices }).toEqual({ status: 'online', notices: [] });
      expect(seen).not.toContain(conversationSid);
      expect(service.asked.at(-1)?.ended).toBe(seen.at(-1));
      seen.push(conversationSid ?? '');
    }
    session.send('hello');
    await clock.settle();
    expect(service.conversations.get(seen.at(-1) ?? '')?.messages.map(({ body }) => body)).toEqual(['hello']);
    expect(service.openConnections()).toBe(1);
  });

  test('the token that came with it is the one that is used from then on', async () => {
    const { session, sid, clock, service } = await started();
    await clock.advance(service.tokenLifeMs * 0.5);
    service.close(sid);
    await clock.settle();
    session.startNew();
    await clock.advance(service.tokenLifeMs * 0.6);
    // The first token is past its life.
    const asked = service.granted.length;
    service.drop();
    await clock.advance(2_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(service.granted).toHaveLength(asked);
  });

  test('one that was closed before it could be opened is shown, and left for another on request', async () => {
    const browser = browserWithOffers();
    browser.service.fail('open', 'busy');
    const { session, clock, service } = await startFakeBrowser(browser);
    const [first = ''] = service.conversations.keys();
    service.close(first);
    await clock.advance(5_000);
    expect(session.getSnapshot()).toMatchObject({ status: 'ended', conversationSid: first, notices: [] });
    expect(service.conversations.size).toBe(1);
    session.startNew();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'online', notices: [] });
    expect(session.getSnapshot().conversationSid).not.toBe(first);
  });

  test('one that was closed while the visitor was away is shown, and the next is made when they ask', async () => {
    const { session, sid, open, clock, service } = await started();
    service.add(sid, 'bot', 'bye');
    await session.stop();
    service.close(sid);
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'ended', conversationSid: sid });
    // Neither did the token do it, nor does the next one.
    await clock.advance(service.tokenLifeMs);
    expect([...service.conversations.keys()]).toEqual([sid]);
    again.startNew();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'online', messages: [] });
    expect(service.conversations.size).toBe(2);
  });

  test('one that is over is shown to who comes with nothing stored', async () => {
    const { session, sid, open, clock, storage, service } = await started();
    service.add(sid, 'bot', 'bye');
    await session.stop();
    service.close(sid);
    const stored = JSON.parse(storage.values.get(KEY) ?? '');
    storage.write(KEY, JSON.stringify({ ...stored, conversation_sid: null }));
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'ended', conversationSid: sid });
    expect(again.getSnapshot().messages.map(({ body }) => body)).toEqual(['bye']);
    expect([...service.conversations.keys()]).toEqual([sid]);
  });

  test('who asked for another one and left before it was there gets it when they come back', async () => {
    const { session, sid, open, clock, service } = await started();
    service.close(sid);
    await clock.settle();
    service.tokenError = new Error('The token service is away.');
    session.startNew();
    await clock.settle();
    await session.stop();
    service.tokenError = null;
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().status).toBe('online');
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
  });

  test('what another tab began after the one that is over, and is over as well, is shown before the next', async () => {
    const { session, sid, open, clock, service } = await started();
    service.close(sid);
    await clock.settle();
    // Its word does not arrive here.
    const other = open({ openTabs: () => ({ tell() {}, close() {} }) });
    other.start();
    await clock.settle();
    other.startNew();
    await clock.settle();
    const second = other.getSnapshot().conversationSid ?? '';
    service.close(second);
    await clock.settle();
    session.startNew();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'ended', conversationSid: second });
    session.startNew();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect([sid, second]).not.toContain(session.getSnapshot().conversationSid);
  });

  test('a new one that cannot be seen yet is waited for, and no other is made', async () => {
    const browser = browserWithOffers();
    browser.service.fail('open', 'not_found');
    const { session, clock } = await startFakeBrowser(browser);
    await clock.advance(5_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(browser.service.conversations.size).toBe(1);
  });

  test('a foreign conversation in storage is left for the offered one', async () => {
    const { session, sid, open, clock, storage, service } = await started();
    await session.stop();
    const foreign = `CH${'f'.repeat(32)}`;
    const stored = JSON.parse(storage.values.get(KEY) ?? '');
    storage.write(KEY, JSON.stringify({ ...stored, conversation_sid: foreign }));
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({
      status: 'online',
      conversationSid: sid,
      notices: ['previous_chat_gone'],
    });
    expect(service.conversations.size).toBe(1);
  });

  test('a service that still offers the one that is over is asked again until it knows better', async () => {
    const { session, sid, clock, service } = await started();
    service.close(sid);
    await clock.settle();
    // The line to the service's list of conversations is slower than the socket.
    const known = service.conversations.get(sid);
    service.conversations.set(sid, { ...known!, closed: false });
    session.startNew();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('failed');
    service.conversations.set(sid, { ...known!, closed: true });
    await clock.advance(5_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(session.getSnapshot().conversationSid).not.toBe(sid);
  });

  test('one that cannot be opened yet is tried again, and nothing is created', async () => {
    const browser = browserWithOffers();
    browser.service.fail('open', 'busy');
    const { session, clock } = await startFakeBrowser(browser);
    expect(session.getSnapshot().status).toBe('failed');
    await clock.advance(5_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(browser.service.conversations.size).toBe(1);
  });
});
