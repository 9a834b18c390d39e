import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionError } from './connection.js';
import type { ChatSession } from './contract.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import { TokenServiceError } from './ports.js';
import { createMemoryStorage } from './testing.js';

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
const states = (session: ChatSession) => session.getSnapshot().messages.map(({ state }) => state);

describe('starting', () => {
  test('nothing is stored or asked of the service before start', async () => {
    const { open, clock, storage, service } = browserWith();
    const session = open();
    session.typing();
    session.markRead();
    await clock.advance(60_000);
    expect(session.getSnapshot().status).toBe('idle');
    expect([...storage.values]).toEqual([]);
    expect(service.granted).toEqual([]);
  });

  test('a new visitor gets an identity and a conversation, both stored', async () => {
    const { session, storage } = await startedBrowser();
    const { status, identity, conversationSid, historyLoaded } = session.getSnapshot();
    expect(status).toBe('online');
    expect(historyLoaded).toBe(true);
    expect(JSON.parse(storage.values.get(KEY) ?? '')).toMatchObject({
      uuid: identity,
      conversation_sid: conversationSid,
    });
  });

  test('a returning visitor finds the same conversation and its history', async () => {
    const { session, open, clock, service, sid } = await startedBrowser();
    session.send('one');
    await clock.settle();
    service.add(sid, 'bot', 'two');
    await session.stop();
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().conversationSid).toBe(sid);
    expect(again.getSnapshot().identity).toBe(session.getSnapshot().identity);
    expect(bodies(again)).toEqual(['one', 'two']);
  });

  test('two tabs that start at the same instant share one identity and one conversation', async () => {
    const { open, clock, service } = browserWith();
    const tabs = [open(), open()];
    for (const tab of tabs) tab.start();
    await clock.settle();
    const [one, two] = tabs.map((tab) => tab.getSnapshot());
    expect(one?.status).toBe('online');
    expect(two?.conversationSid).toBe(one?.conversationSid);
    expect(two?.identity).toBe(one?.identity);
    expect(service.conversations.size).toBe(1);
  });

  test('a conversation that is gone is replaced, with a word about it, and the next start finds the new one', async () => {
    const { session, open, clock, service, sid } = await startedBrowser();
    await session.stop();
    service.delete(sid);
    const again = open();
    again.start();
    await clock.settle();
    const { status, notices, conversationSid } = again.getSnapshot();
    expect({ status, notices }).toEqual({ status: 'online', notices: ['previous_chat_gone'] });
    expect(conversationSid).not.toBe(sid);
    again.dismissNotice('previous_chat_gone');
    expect(again.getSnapshot().notices).toEqual([]);
    await again.stop();
    const third = open();
    third.start();
    await clock.settle();
    expect(third.getSnapshot()).toMatchObject({ conversationSid, notices: [] });
  });

  test('a server error keeps the stored conversation and tries again', async () => {
    const { session, open, clock, service, sid } = await startedBrowser();
    await session.stop();
    for (let count = 0; count < 3; count += 1) service.fail('open', 'busy');
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().status).toBe('failed');
    await clock.advance(60_000);
    expect(again.getSnapshot()).toMatchObject({ status: 'online', conversationSid: sid });
  });

  test('a foreign conversation in storage is left for a new one, and shows nothing of it', async () => {
    const browser = browserWith();
    const other = browserWith(browser.clock, browser.service);
    const stranger = other.open();
    stranger.start();
    await browser.clock.settle();
    stranger.send('secret');
    await browser.clock.settle();
    const session = browser.open();
    session.start();
    await browser.clock.settle();
    await session.stop();
    const value = JSON.parse(browser.storage.values.get(KEY) ?? '');
    value.conversation_sid = stranger.getSnapshot().conversationSid;
    browser.storage.values.set(KEY, JSON.stringify(value));
    const again = browser.open();
    again.start();
    await browser.clock.settle();
    expect(again.getSnapshot().status).toBe('online');
    expect(again.getSnapshot().conversationSid).not.toBe(stranger.getSnapshot().conversationSid);
    expect(bodies(again)).toEqual([]);
  });

  test('an insecure page is told so, and nothing is asked or stored', async () => {
    const { open, clock, service, storage } = browserWith();
    const session = open({ secureContext: false });
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'blocked', reason: 'insecure_context' });
    expect(service.granted).toEqual([]);
    expect(storage.values.size).toBe(0);
  });

  test('a conversation that may not be made is tried three times and then rests until asked', async () => {
    const { open, clock, service } = browserWith();
    for (let count = 0; count < 3; count += 1) service.fail('create', 'refused');
    const session = open();
    session.start();
    await clock.advance(600_000);
    expect(session.getSnapshot()).toMatchObject({
      status: 'failed',
      reason: 'creation_refused',
      retryAt: null,
    });
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });
});

describe('the token service', () => {
  test('while it is down the session says when it tries again, and text typed meanwhile is delivered once', async () => {
    const { open, clock, service } = browserWith();
    service.tokenError = new TokenServiceError('down');
    const session = open();
    session.start();
    session.send('kept');
    await clock.settle();
    const { status, reason, retryAt } = session.getSnapshot();
    expect({ status, reason }).toEqual({ status: 'failed', reason: 'token_service_unreachable' });
    expect(retryAt).toBeGreaterThan(clock.now());
    expect(states(session)).toEqual(['sending']);
    service.tokenError = null;
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    const [conversation] = service.conversations.values();
    expect(conversation?.messages.map(({ body }) => body)).toEqual(['kept']);
    expect(states(session)).toEqual(['sent']);
  });

  test('a refused proof makes one new identity, and a second refusal blocks', async () => {
    const { open, clock, service, storage } = browserWith();
    service.tokenError = new TokenServiceError('no', { status: 403, code: 'proof_invalid' });
    const session = open();
    session.start();
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'blocked', reason: 'identity_rejected' });
    expect(JSON.parse(storage.values.get(KEY) ?? '').previousIdentities).toHaveLength(1);
  });

  test('a token is renewed before it ends, without anything being seen', async () => {
    const { session, clock, service } = await startedBrowser();
    const statuses = new Set<string>();
    session.subscribe(() => statuses.add(session.getSnapshot().status));
    await clock.advance(service.tokenLifeMs * 3);
    expect(service.granted.length).toBeGreaterThanOrEqual(4);
    expect([...statuses]).toEqual([]);
  });

  test('while it fails, a connection that died is replaced with the token there is', async () => {
    const { session, clock, service } = await startedBrowser();
    await clock.advance(service.tokenLifeMs * 0.7);
    service.tokenError = new TokenServiceError('down');
    await clock.advance(service.tokenLifeMs * 0.2);
    service.kill();
    await clock.advance(1_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(service.granted).toHaveLength(1);
  });

  test('tokens that the chat service never takes are asked for again, more and more seldom, and it says so', async () => {
    const { open, clock, service } = browserWith();
    service.tokenLifeMs = -1_000;
    const session = open();
    session.start();
    await clock.advance(300_000);
    expect(session.getSnapshot()).toMatchObject({ status: 'failed', reason: 'token_rejected' });
    expect(service.granted.length).toBeGreaterThan(3);
    expect(service.granted.length).toBeLessThan(40);
    service.tokenLifeMs = 3_600_000;
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });

  test('when the token is refused in mid-chat a new one brings the link back', async () => {
    const { session, clock, service } = await startedBrowser();
    service.denyTokens();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('reconnecting');
    await clock.advance(2_000);
    expect(session.getSnapshot().status).toBe('online');
  });
});

describe('sending', () => {
  test('a text is shown at once and becomes the stored message, with the same key', async () => {
    const { session, clock, stored } = await startedBrowser();
    session.send('  hello  ');
    const [sending] = session.getSnapshot().messages;
    expect(sending).toMatchObject({ body: 'hello', state: 'sending', own: true, sid: null });
    await clock.settle();
    const [sent] = session.getSnapshot().messages;
    expect(sent).toMatchObject({ state: 'sent', index: 0, key: sending?.key, sid: stored()[0]?.sid });
    expect(session.getSnapshot().messages).toHaveLength(1);
  });

  test('blank text is ignored', async () => {
    const { session } = await startedBrowser();
    session.send(' \n ');
    expect(session.getSnapshot().messages).toEqual([]);
  });

  test('text typed before the conversation exists is delivered once it does', async () => {
    const { open, clock, service } = browserWith();
    const session = open();
    session.send('early');
    expect(states(session)).toEqual(['sending']);
    session.start();
    await clock.settle();
    const [conversation] = service.conversations.values();
    expect(conversation?.messages.map(({ body }) => body)).toEqual(['early']);
    expect(bodies(session)).toEqual(['early']);
  });

  test('a message whose answer was lost is found in the history and not sent again', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    service.fail('send', 'unanswered');
    session.send('once');
    await clock.advance(10_000);
    expect(stored().map(({ body }) => body)).toEqual(['once']);
    expect(states(session)).toEqual(['sent']);
  });

  test('a message that was lost on the way is sent again', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    service.fail('send', 'lost');
    session.send('one');
    session.send('two');
    await clock.advance(10_000);
    expect(stored().map(({ body }) => body)).toEqual(['one', 'two']);
    expect(bodies(session)).toEqual(['one', 'two']);
  });

  test('a refused message fails with its reason, and can be retried or discarded', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    service.fail('send', 'refused');
    service.fail('send', 'refused');
    session.send('bad');
    session.send('worse');
    session.send('good');
    await clock.settle();
    expect(session.getSnapshot().messages.map(({ body, error }) => [body, error])).toEqual([
      ['good', null],
      ['bad', 'refused'],
      ['worse', 'refused'],
    ]);
    const [, bad, worse] = session.getSnapshot().messages;
    session.retry(bad?.key ?? '');
    session.discard(worse?.key ?? '');
    await clock.settle();
    expect(stored().map(({ body }) => body)).toEqual(['good', 'bad']);
    expect(bodies(session)).toEqual(['good', 'bad']);
  });

  test('a busy service is asked again later', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    service.fail('send', 'busy');
    service.fail('send', 'busy');
    session.send('patience');
    await clock.settle();
    expect(stored()).toEqual([]);
    await clock.advance(10_000);
    expect(stored().map(({ body }) => body)).toEqual(['patience']);
  });

  test('a service that asks for patience gets it, the visitor is told, and the message goes once', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    const slow = new ConnectionError('busy', 'Too Many Requests', { waitMs: 5_000 });
    service.fail('send', slow);
    session.send('patience');
    await clock.settle();
    const { status, reason, retryAt } = session.getSnapshot();
    expect({ status, reason }).toEqual({ status: 'online', reason: 'rate_limited' });
    expect(retryAt).toBeGreaterThan(clock.now() + 5_000);
    await clock.advance(4_990);
    expect(stored()).toEqual([]);
    await clock.advance(1_200);
    expect(stored().map(({ body }) => body)).toEqual(['patience']);
    expect(session.getSnapshot()).toMatchObject({ reason: null, retryAt: null });
    expect(states(session)).toEqual(['sent']);
  });

  test('what is too long or malformed never leaves', async () => {
    const { session, clock, stored } = await startedBrowser();
    session.send('é'.repeat(16_385));
    session.send('\ud800');
    session.send('é'.repeat(16_384));
    await clock.settle();
    expect(stored()).toHaveLength(1);
    expect(session.getSnapshot().messages.map(({ error }) => error)).toEqual([
      null,
      'too_long',
      'malformed_text',
    ]);
  });

  test('unsent text survives a reload and is delivered once', async () => {
    const { session, open, clock, service, stored } = await startedBrowser();
    service.refuse(true);
    await clock.settle();
    session.send('before');
    await clock.settle();
    await session.stop();
    service.refuse(false);
    const again = open();
    again.start();
    await clock.settle();
    expect(bodies(again)).toEqual(['before']);
    expect(stored().map(({ body }) => body)).toEqual(['before']);
  });

  test('a crash between sending and the answer does not send twice', async () => {
    const { session, open, clock, service, stored, storage } = await startedBrowser();
    service.fail('send', 'unanswered');
    service.refuse(false);
    session.send('once');
    await clock.settle();
    expect(stored()).toHaveLength(1);
    const crashed = createMemoryStorage(new Map(storage.values));
    await session.stop();
    storage.values.clear();
    for (const [name, value] of crashed.values) storage.values.set(name, value);
    const again = open();
    again.start();
    await clock.advance(5_000);
    expect(stored()).toHaveLength(1);
    expect(states(again)).toEqual(['sent']);
  });

  test('what one tab wrote offline is sent once by two tabs', async () => {
    const { session, open, clock, service, stored } = await startedBrowser();
    const other = open();
    other.start();
    await clock.settle();
    service.refuse(true);
    await clock.settle();
    session.send('from one');
    other.send('from two');
    service.refuse(false);
    await clock.advance(5_000);
    expect(
      stored()
        .map(({ body }) => body)
        .sort(),
    ).toEqual(['from one', 'from two']);
    expect(bodies(session)).toEqual(bodies(other));
    expect(session.getSnapshot().messages.every(({ own, state }) => own && state === 'sent')).toBe(true);
  });

  test('a send that gets no answer is noticed within ten seconds and delivered once', async () => {
    const { session, clock, service, stored } = await startedBrowser();
    service.fail('send', 'silent');
    service.fail('after', 'silent');
    const seen = new Set<string>();
    session.subscribe(() => seen.add(session.getSnapshot().status));
    session.send('hello?');
    await clock.advance(10_000);
    expect(seen).toContain('reconnecting');
    await clock.advance(30_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(stored().map(({ body }) => body)).toEqual(['hello?']);
    expect(bodies(session)).toEqual(['hello?']);
  });
});

describe('the link', () => {
  test('messages missed while it was down appear in order when it is back', async () => {
    const { session, clock, service, sid } = await startedBrowser();
    service.add(sid, 'bot', 'one');
    await clock.settle();
    service.refuse(true);
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ status: 'reconnecting', reason: 'connection_lost' });
    for (const body of ['two', 'three', 'four']) service.add(sid, 'bot', body);
    service.refuse(false);
    await clock.advance(2_000);
    service.add(sid, 'bot', 'five');
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect(bodies(session)).toEqual(['one', 'two', 'three', 'four', 'five']);
  });

  test('a dead connection is replaced, what happened meanwhile is read, and what was removed is gone', async () => {
    const browser = await startedBrowser();
    const { clock, service, sid } = browser;
    const session = browser.session;
    for (let count = 0; count < 50; count += 1) service.add(sid, 'bot', `old ${count}`);
    await clock.settle();
    service.kill();
    await clock.settle();
    for (let count = 0; count < 80; count += 1) service.add(sid, 'bot', `new ${count}`);
    service.edit(sid, 129, 'new 79, corrected');
    service.remove(sid, 100);
    await clock.advance(15_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(bodies(session)).toEqual(service.conversations.get(sid)?.messages.map(({ body }) => body));
    expect(service.openConnections()).toBe(1);
  });

  test('retryNow brings the link back at once', async () => {
    const { session, clock, service } = await startedBrowser();
    service.refuse(true);
    await clock.advance(300_000);
    service.refuse(false);
    session.retryNow();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
  });

  test('the browser saying that there is no network shows as offline until the link is back', async () => {
    const { session, clock, service, network } = await startedBrowser();
    network(false);
    service.refuse(true);
    await clock.settle();
    expect(session.getSnapshot().status).toBe('offline');
    session.send('typed on the train');
    service.refuse(false);
    network(true);
    await clock.advance(2_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(states(session)).toEqual(['sent']);
  });

  test('stop ends everything that was started', async () => {
    const { session, clock, service, sid } = await startedBrowser();
    await session.stop();
    service.add(sid, 'bot', 'too late');
    await clock.advance(7_200_000);
    expect(service.openConnections()).toBe(0);
    expect(service.granted).toHaveLength(1);
    expect(session.getSnapshot().status).toBe('idle');
    session.start();
    await clock.settle();
    expect(bodies(session)).toEqual(['too late']);
  });
});

describe('the conversation', () => {
  test('its history is read newest first and older on demand, complete and once, while messages arrive', async () => {
    const { session, open, clock, service, sid } = await startedBrowser();
    await session.stop();
    for (let count = 0; count < 130; count += 1) service.add(sid, count % 2 ? 'bot' : 'agent', `m${count}`);
    service.remove(sid, 77);
    const again = open({ pageSize: 30 });
    again.start();
    await clock.settle();
    expect(again.getSnapshot().messages).toHaveLength(30);
    for (let round = 0; again.getSnapshot().hasOlder; round += 1) {
      const reading = again.loadOlder();
      expect(again.getSnapshot().loadingOlder).toBe(true);
      service.add(sid, 'bot', `live ${round}`);
      await reading;
    }
    await clock.settle();
    expect(again.getSnapshot().loadingOlder).toBe(false);
    expect(bodies(again)).toEqual(service.conversations.get(sid)?.messages.map(({ body }) => body));
  });

  test.each([0, 1, 29, 30, 31, 60, 61])('a history of %i messages is read whole', async (size) => {
    const { session, open, clock, service, sid } = await startedBrowser();
    await session.stop();
    for (let count = 0; count < size; count += 1) service.add(sid, 'bot', `m${count}`);
    const again = open();
    again.start();
    await clock.settle();
    while (again.getSnapshot().hasOlder) await again.loadOlder();
    expect(bodies(again)).toEqual(Array.from({ length: size }, (_, count) => `m${count}`));
  });

  test('edits and removals are seen', async () => {
    const { session, clock, service, sid } = await startedBrowser();
    for (const body of ['one', 'two', 'three']) service.add(sid, 'bot', body);
    await clock.settle();
    const untouched = session.getSnapshot().messages[2];
    service.edit(sid, 0, 'ONE');
    service.remove(sid, 1);
    await clock.settle();
    expect(bodies(session)).toEqual(['ONE', 'three']);
    expect(session.getSnapshot().messages[0]?.edited).toBe(true);
    expect(session.getSnapshot().messages[1]).toBe(untouched);
  });

  test.each([
    ['close', 'conversation_closed'],
    ['delete', 'conversation_gone'],
  ] as const)(
    'after the service does %s it is ended, keeps what was said, and a new one can be started',
    async (act, reason) => {
      const { session, clock, service, sid } = await startedBrowser();
      service.add(sid, 'bot', 'bye');
      await clock.settle();
      service[act](sid);
      await clock.settle();
      expect(session.getSnapshot()).toMatchObject({ status: 'ended', reason });
      session.send('too late');
      await clock.settle();
      expect(session.getSnapshot().messages.map(({ body, error }) => [body, error])).toEqual([
        ['bye', null],
        ['too late', 'conversation_closed'],
      ]);
      session.startNew();
      await clock.settle();
      const { status, conversationSid, notices, messages } = session.getSnapshot();
      expect({ status, notices }).toEqual({ status: 'online', notices: [] });
      expect(conversationSid).not.toBe(sid);
      session.retry(messages[0]?.key ?? '');
      await clock.settle();
      expect(service.conversations.get(conversationSid ?? '')?.messages.map(({ body }) => body)).toEqual([
        'too late',
      ]);
    },
  );

  test('one that was closed while the visitor was away is shown and ended', async () => {
    const { session, open, clock, service, sid } = await startedBrowser();
    service.add(sid, 'bot', 'bye');
    await session.stop();
    service.close(sid);
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'ended', reason: 'conversation_closed' });
    expect(bodies(again)).toEqual(['bye']);
  });

  test('others that type are listed, and forgotten when they fall silent or speak', async () => {
    const { session, clock, service, sid } = await startedBrowser();
    service.type(sid, 'agent', true);
    service.type(sid, 'bot', true);
    service.type(sid, session.getSnapshot().identity ?? '', true);
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual(['agent', 'bot']);
    service.add(sid, 'bot', 'hello');
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual(['agent']);
    await clock.advance(11_000);
    expect(session.getSnapshot().typing).toEqual([]);
  });

  test('what was read is told to the service, also after a broken line', async () => {
    const { session, clock, service, sid } = await startedBrowser();
    const horizon = () => service.conversations.get(sid)?.reads.get(session.getSnapshot().identity ?? '');
    service.add(sid, 'bot', 'one');
    await clock.settle();
    session.markRead();
    await clock.settle();
    expect(horizon()).toBe(0);
    service.add(sid, 'bot', 'two');
    await clock.settle();
    service.refuse(true);
    session.markRead();
    service.refuse(false);
    await clock.advance(2_000);
    expect(horizon()).toBe(1);
  });

  test('a draft is kept for its conversation', async () => {
    const { session, open, clock } = await startedBrowser();
    session.draft.write('half a tho');
    await session.stop();
    const again = open();
    expect(again.draft.read()).toBe('');
    again.start();
    await clock.settle();
    expect(again.draft.read()).toBe('half a tho');
  });
});

test('listeners are called after changes, and not after they were taken back', async () => {
  const { session, clock } = await startedBrowser();
  let calls = 0;
  const stop = session.subscribe(() => {
    calls += 1;
  });
  session.send('a');
  expect(calls).toBe(1);
  await clock.settle();
  stop();
  const before = calls;
  session.send('b');
  expect(calls).toBe(before);
});
