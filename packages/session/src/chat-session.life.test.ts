import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionError } from './connection.js';
import type { ChatSession } from './contract.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';

const KEY = 'conversations-web-chat:default';

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
const shown = (session: ChatSession) =>
  session.getSnapshot().messages.map(({ body, state, error }) => [body, state, error]);
const stateOf = (session: ChatSession) => {
  const { status, reason } = session.getSnapshot();
  return [status, reason];
};

describe('a chat that the visitor ends', () => {
  test('is left, can still be read, and the next start makes another', async () => {
    const { session, open, clock, service, storage, sid } = await startedBrowser();
    session.send('bye');
    await clock.settle();
    const { identity } = session.getSnapshot();
    await session.endChat();
    expect(session.getSnapshot()).toMatchObject({
      status: 'ended',
      reason: 'ended_by_visitor',
      can: ['start_new'],
      conversationSid: sid,
    });
    expect(bodies(session)).toEqual(['bye']);
    expect(service.conversations.get(sid)?.participants.has(identity ?? '')).toBe(false);
    expect(JSON.parse(storage.values.get(KEY) ?? '')).toMatchObject({
      conversation_sid: null,
      ended_conversation_sid: sid,
    });
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'online', identity, messages: [], notices: [] });
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
  });

  test('gives way to another on request, once for a double click', async () => {
    const { session, clock, service, sid } = await startedBrowser();
    await Promise.all([session.endChat(), session.endChat()]);
    await session.endChat();
    session.startNew();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect(session.getSnapshot().conversationSid).not.toBe(sid);
    expect(service.conversations.size).toBe(2);
  });

  test('delivers what is on its way first', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    service.fail('send', 'busy');
    session.send('one more thing');
    const ending = session.endChat();
    await clock.advance(2_500);
    await ending;
    expect(stateOf(session)).toEqual(['ended', 'ended_by_visitor']);
    expect(stored().map(({ body }) => body)).toEqual(['one more thing']);
    expect(shown(session)).toEqual([['one more thing', 'sent', null]]);
  });

  test('does not wait longer than three seconds, and keeps what was not delivered, over a reload too', async () => {
    const { session, open, clock, service } = await startedBrowser();
    for (let count = 0; count < 9; count += 1) service.fail('send', 'busy');
    session.send('not delivered');
    session.draft.write('half a sen');
    const ending = session.endChat();
    await clock.advance(3_000);
    await ending;
    expect(shown(session)).toEqual([['not delivered', 'failed', 'conversation_closed']]);
    expect(session.draft.read()).toBe('half a sen');
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().status).toBe('online');
    expect(shown(again)).toEqual([['not delivered', 'failed', 'conversation_closed']]);
    expect(again.draft.read()).toBe('half a sen');
    for (let count = 0; count < 9; count += 1) service.fail('send', 'busy');
    again.retry(again.getSnapshot().messages[0]?.key ?? '');
    await clock.advance(600_000);
    expect(shown(again)).toEqual([['not delivered', 'sent', null]]);
  });

  test('is over in the other tab as well, and what was typed there is kept', async () => {
    const { session, open, clock, service } = await startedBrowser();
    const other = open();
    other.start();
    await clock.settle();
    other.draft.write('in the other');
    await session.endChat();
    await clock.settle();
    expect(stateOf(other)).toEqual(['ended', 'ended_by_visitor']);
    session.startNew();
    other.startNew();
    await clock.settle();
    expect(other.getSnapshot().conversationSid).toBe(session.getSnapshot().conversationSid);
    expect(other.draft.read()).toBe('in the other');
    expect(service.conversations.size).toBe(2);
  });

  test('while there is no link is left when the link is back', async () => {
    const { session, clock, service, sid } = await startedBrowser();
    const identity = session.getSnapshot().identity ?? '';
    service.refuse(true);
    await session.endChat();
    expect(stateOf(session)).toEqual(['ended', 'ended_by_visitor']);
    expect(service.conversations.get(sid)?.participants.has(identity)).toBe(true);
    service.refuse(false);
    await clock.advance(2_000);
    expect(service.conversations.get(sid)?.participants.has(identity)).toBe(false);
    expect(stateOf(session)).toEqual(['ended', 'ended_by_visitor']);
  });

  test('while there is no link, and then reloads, is left when there is one', async () => {
    const { session, open, clock, service, storage, sid } = await startedBrowser();
    const identity = session.getSnapshot().identity ?? '';
    service.refuse(true);
    await session.endChat();
    await session.stop();
    service.refuse(false);
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().status).toBe('online');
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
    expect(service.conversations.get(sid)?.participants.has(identity)).toBe(false);
    expect(storage.values.get(KEY)).not.toContain('leaving');
  });

  test('before it has begun is ended all the same, and what was written is kept', async () => {
    const { open, clock, service } = browserWith();
    service.refuse(true);
    const session = open();
    session.start();
    session.send('early');
    await clock.settle();
    await session.endChat();
    expect(stateOf(session)).toEqual(['ended', 'ended_by_visitor']);
    expect(shown(session)).toEqual([['early', 'failed', 'conversation_closed']]);
    service.refuse(false);
    await clock.advance(5_000);
    expect(service.conversations.size).toBe(0);
    session.startNew();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });

  test('where the roles do not let visitors leave is over here, and the next one is another', async () => {
    const { session, open, clock, service, sid } = await startedBrowser();
    service.fail('leave', 'refused');
    await session.endChat();
    expect(stateOf(session)).toEqual(['ended', 'ended_by_visitor']);
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().status).toBe('online');
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
  });

  test('takes no more signs of typing, and ends at once when nothing was started', async () => {
    const { open, clock, service } = browserWith();
    const session = open();
    await session.endChat();
    expect(session.getSnapshot().status).toBe('idle');
    session.start();
    await clock.settle();
    await session.endChat();
    service.fail('typing', 'refused');
    session.typing();
    await clock.settle();
    session.startNew();
    await clock.settle();
    session.typing();
    expect(session.getSnapshot().status).toBe('online');
  });
});

describe('where the token service makes conversations', () => {
  const startedWithOffers = () => {
    const browser = browserWith();
    browser.service.offering = true;
    return startFakeBrowser(browser);
  };

  test('one that the visitor ends is left, and the next is asked for when they come back', async () => {
    const { session, open, clock, sid } = await startedWithOffers();
    await session.endChat();
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'online', notices: [] });
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
  });

  test('one that was ended without a link is left after a reload, and not opened again', async () => {
    const { session, open, clock, service, sid } = await startedWithOffers();
    const identity = session.getSnapshot().identity ?? '';
    service.refuse(true);
    await session.endChat();
    await session.stop();
    service.refuse(false);
    const again = open();
    again.start();
    await clock.advance(5_000);
    expect(again.getSnapshot().status).toBe('online');
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
    expect(service.conversations.get(sid)?.participants.has(identity)).toBe(false);
  });

  test('one that may not be left is the only one there is: it is opened again', async () => {
    const { session, clock, service, sid } = await startedWithOffers();
    service.fail('leave', 'refused');
    service.fail('leave', 'refused');
    await session.endChat();
    session.startNew();
    await clock.advance(10_000);
    expect(session.getSnapshot()).toMatchObject({ status: 'online', conversationSid: sid });
  });
});

describe('V6: what the service does not let the visitor begin', () => {
  test.each([
    ['too_many', 'too_many_conversations'],
    ['refused', 'creation_refused'],
  ] as const)(
    '%s is tried three times, says %s, and rests, also while the line comes and goes',
    async (code, reason) => {
      const { open, clock, service } = browserWith();
      let asked = 0;
      const connect: typeof service.connect = (request) => {
        const connection = service.connect(request);
        const create: typeof connection.create = async () => {
          asked += 1;
          throw new ConnectionError(code, 'no');
        };
        return { ...connection, create };
      };
      let refusing = true;
      const session = open({ connect: (request) => (refusing ? connect : service.connect)(request) });
      session.start();
      session.send('kept');
      await clock.advance(600_000);
      expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason, retryAt: null });
      for (let count = 0; count < 5; count += 1) {
        service.drop();
        await clock.advance(5_000);
      }
      expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason, retryAt: null });
      expect(asked).toBe(3);
      session.retryNow();
      await clock.advance(600_000);
      expect(asked).toBe(6);
      refusing = false;
      service.kill();
      await clock.advance(20_000);
      session.retryNow();
      await clock.settle();
      expect(session.getSnapshot().status).toBe('online');
      expect(shown(session)).toEqual([['kept', 'sent', null]]);
    },
  );

  test('a service that asks for patience gets it', async () => {
    const { open, clock, service } = browserWith();
    service.fail('create', new ConnectionError('busy', 'slow', { waitMs: 20_000 }));
    const session = open();
    session.start();
    await clock.advance(20_000);
    expect(stateOf(session)).toEqual(['failed', 'rate_limited']);
    await clock.advance(1_100);
    expect(session.getSnapshot().status).toBe('online');
  });
});

test('V3: what is being typed when the chat is closed can be read, and goes along into the next one', async () => {
  const { session, open, clock, service, sid } = await startedBrowser();
  session.draft.write('I was about to');
  service.close(sid);
  await clock.settle();
  expect(session.getSnapshot()).toMatchObject({ status: 'ended', can: ['start_new'] });
  expect(session.draft.read()).toBe('I was about to');
  await session.stop();
  const again = open();
  again.start();
  await clock.settle();
  expect(again.getSnapshot().status).toBe('ended');
  expect(again.draft.read()).toBe('I was about to');
  again.startNew();
  await clock.settle();
  expect(again.draft.read()).toBe('I was about to');
});
