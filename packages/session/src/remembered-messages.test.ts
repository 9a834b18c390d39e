import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { RemoteMessage } from './connection.js';
import { createFakeBrowser, startFakeBrowser } from './fake-browser.js';
import { createRememberedMessages, parseRemembered, serializeRemembered } from './remembered-messages.js';
import { createFakeClock, createMemoryStorage } from './testing.js';

const KEY = 'conversations-web-chat:default:snapshot';
const DAY = 24 * 3_600_000;
const NOW = Date.UTC(2026, 0, 1);

function message(index: number, fields: Partial<RemoteMessage> = {}): RemoteMessage {
  return {
    sid: `IM${index}`,
    index,
    author: 'bot',
    body: `m${index}`,
    attributes: { cid: `c${index}` },
    at: NOW + index,
    updatedAt: NOW + index,
    edited: false,
    media: [],
    contentSid: null,
    ...fields,
  };
}

const stretch = (messages: readonly RemoteMessage[]) => ({
  identity: 'ada',
  conversationSid: 'CH1',
  messages,
});

describe('what is kept of a conversation', () => {
  test('comes back as it was, with files and attributes', () => {
    const media = [{ sid: 'ME1', name: 'a.png', type: 'image/png', size: 12 }];
    const messages = [
      message(3),
      message(7, { media, contentSid: 'HX1', edited: true, attributes: [1, null] }),
    ];
    expect(parseRemembered(serializeRemembered(stretch(messages), NOW), NOW)).toEqual(stretch(messages));
    expect(serializeRemembered(stretch([]), NOW)).toBeNull();
  });

  test('is the last 50 messages, and of long ones only as many as 64 Ki characters hold', () => {
    const many = Array.from({ length: 80 }, (_, index) => message(index));
    const kept = parseRemembered(serializeRemembered(stretch(many), NOW), NOW)?.messages ?? [];
    expect(kept.map(({ index }) => index)).toEqual(many.slice(30).map(({ index }) => index));

    const long = many.map(({ index }) => message(index, { body: 'x'.repeat(20_000) }));
    const text = serializeRemembered(stretch(long), NOW) ?? '';
    expect(text.length).toBeLessThanOrEqual(64 * 1024);
    expect(parseRemembered(text, NOW)?.messages.map(({ index }) => index)).toEqual([77, 78, 79]);

    // What lies before one that does not fit must not stand beside what lies after it.
    const between = [message(0), message(1, { body: 'x'.repeat(70_000) }), message(2)];
    const rest = parseRemembered(serializeRemembered(stretch(between), NOW), NOW)?.messages;
    expect(rest?.map(({ index }) => index)).toEqual([2]);
  });

  test('is worth nothing after 30 days, nor from a clock that was put back', () => {
    const text = serializeRemembered(stretch([message(0)]), NOW);
    expect(parseRemembered(text, NOW + 30 * DAY)).not.toBeNull();
    expect(parseRemembered(text, NOW + 30 * DAY + 1)).toBeNull();
    expect(parseRemembered(text, NOW - 1)).toBeNull();
  });

  test('is read without a throw whatever stands there, and gives messages in order or nothing', () => {
    const field = fc.oneof(fc.jsonValue(), fc.nat(9), fc.constantFrom('text', 'IM1'));
    const broken = fc
      .tuple(fc.nat(3), fc.constantFrom(...Object.keys(message(0))), field)
      .map(([place, name, value]) =>
        JSON.stringify({
          version: 1,
          at: NOW,
          identity: 'ada',
          conversation_sid: 'CH1',
          messages: [0, 1, 2, 3].map((index) => ({
            ...message(index),
            ...(index === place && { [name]: value }),
          })),
        }),
      );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), broken), (text) => {
        const found = parseRemembered(text, NOW);
        const indexes = found?.messages.map(({ index }) => index) ?? [];
        expect(indexes).toEqual([...new Set(indexes)].sort((one, other) => one - other));
        expect(new Set(found?.messages.map(({ sid }) => sid)).size).toBe(indexes.length);
        for (const { sid, author, body, at, updatedAt, media } of found?.messages ?? []) {
          expect([sid, author, body].map((part) => typeof part)).toEqual(['string', 'string', 'string']);
          expect(Number.isFinite(at) && Number.isFinite(updatedAt)).toBe(true);
          for (const file of media) expect(typeof file.name).toBe('string');
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('remembering', () => {
  const start = (storage = createMemoryStorage()) => {
    const clock = createFakeClock(NOW);
    let messages: readonly RemoteMessage[] = [message(0)];
    let writes = 0;
    const counted = {
      ...storage,
      write(key: string, text: string) {
        writes += 1;
        storage.write(key, text);
      },
    };
    const remembered = createRememberedMessages({
      clock,
      storage: counted,
      key: 'conversations-web-chat:default',
      current: () => stretch(messages),
    });
    return {
      clock,
      storage,
      remembered,
      writes: () => writes,
      say(next: readonly RemoteMessage[]) {
        messages = next;
        remembered.changed();
      },
    };
  };

  test('writes once for many changes, and not again for the same', async () => {
    const { clock, say, writes, remembered } = start();
    for (let index = 1; index < 40; index += 1) say([message(index)]);
    expect(writes()).toBe(0);
    await clock.advance(2_000);
    expect(writes()).toBe(1);
    remembered.changed();
    await clock.advance(2_000);
    expect(writes()).toBe(1);
    expect(remembered.read('ada', 'CH1').map(({ index }) => index)).toEqual([39]);
  });

  test('writes at once when the page goes, and leaves no timer', () => {
    const { clock, say, writes, remembered } = start();
    remembered.flush();
    expect(writes()).toBe(0);
    say([message(1)]);
    remembered.flush();
    expect(writes()).toBe(1);
    expect(clock.waiting()).toBe(0);
  });

  test('gives nothing to another visitor or for another conversation', () => {
    const { say, remembered } = start();
    say([message(1)]);
    remembered.flush();
    expect(remembered.read('bob', 'CH1')).toEqual([]);
    expect(remembered.read('ada', 'CH2')).toEqual([]);
    expect(remembered.read('ada', 'CH1')).toHaveLength(1);
  });

  test('erases what is there and what waits, and what makes no sense any more', () => {
    const { clock, say, storage, remembered } = start();
    say([message(1)]);
    remembered.flush();
    say([message(2)]);
    remembered.erase();
    expect(storage.values.size).toBe(0);
    expect(clock.waiting()).toBe(0);
    storage.values.set(KEY, '{"version":1');
    expect(remembered.read('ada', 'CH1')).toEqual([]);
    expect(storage.values.size).toBe(0);
  });

  test('does nothing where storage does not outlive the page', () => {
    const storage = { ...createMemoryStorage(), lasting: false };
    const { clock, say, remembered } = start(storage);
    storage.values.set(KEY, serializeRemembered(stretch([message(0)]), NOW) ?? '');
    expect(remembered.read('ada', 'CH1')).toEqual([]);
    say([message(1)]);
    expect(clock.waiting()).toBe(0);
  });
});

describe('a chat that is opened again', () => {
  const browsers: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const browser of browsers.splice(0)) await browser.close();
  });
  const started = async () => {
    const browser = await startFakeBrowser(createFakeBrowser());
    browsers.push(browser);
    return browser;
  };
  const bodiesOf = (session: { getSnapshot(): { messages: readonly { body: string }[] } }) =>
    session.getSnapshot().messages.map(({ body }) => body);

  test('shows what was there before anything is asked, then what the service says', async () => {
    const { session, open, clock, service, sid } = await started();
    session.send('mine');
    await clock.settle();
    for (const body of ['one', 'two', 'three']) service.add(sid, 'bot', body);
    await clock.settle();
    await session.stop();
    service.edit(sid, 1, 'ONE');
    service.remove(sid, 2);
    service.add(sid, 'bot', 'four');
    service.refuse(true);

    const again = open();
    again.start();
    await clock.settle();
    expect(bodiesOf(again)).toEqual(['mine', 'one', 'two', 'three']);
    expect(again.getSnapshot()).toMatchObject({
      status: 'starting',
      remembered: true,
      historyLoaded: false,
      hasOlder: false,
    });
    const [mine] = again.getSnapshot().messages;
    expect(mine).toMatchObject({ own: true, role: 'visitor', state: 'sent' });
    again.markRead();

    service.refuse(false);
    await clock.advance(5_000);
    expect(bodiesOf(again)).toEqual(['mine', 'ONE', 'three', 'four']);
    expect(again.getSnapshot()).toMatchObject({ status: 'online', remembered: false, historyLoaded: true });
    expect(again.getSnapshot().messages[0]).toBe(mine);
  });

  test('keeps no secret, no token and nothing that is still to be sent', async () => {
    const { session, storage, clock, service, sid } = await started();
    service.add(sid, 'bot', 'one');
    await clock.settle();
    service.refuse(true);
    session.send('unsent');
    await clock.advance(5_000);
    await session.stop();
    const text = storage.values.get(KEY) ?? '';
    const { secret } = JSON.parse(storage.values.get('conversations-web-chat:default') ?? '{}') as {
      secret: string;
    };
    expect(text).toContain('one');
    expect(text).not.toContain('unsent');
    expect(text).not.toContain(secret);
    for (const token of service.granted) expect(text).not.toContain(token);
  });

  test('shows a text once that was remembered and may be waiting to be sent again', async () => {
    const { session, open, clock, service, storage } = await started();
    service.fail('send', 'done_but_failed');
    session.send('mine');
    await clock.settle();
    const waiting = [...storage.values].filter(([key]) => key.includes(':outbox'));
    expect(waiting).toHaveLength(1);
    await clock.advance(20_000);
    await session.stop();
    // As after a crash: the message is in the history, and its entry was not taken away.
    for (const [key, value] of waiting) storage.values.set(key, value);
    service.refuse(true);
    const again = open();
    again.start();
    await clock.settle();
    expect(bodiesOf(again)).toEqual(['mine']);
  });

  test('remembers nothing of one that is over', async () => {
    const { session, storage, clock, service, sid } = await started();
    service.add(sid, 'bot', 'one');
    await clock.advance(3_000);
    expect(storage.values.has(KEY)).toBe(true);
    service.close(sid);
    await clock.advance(3_000);
    expect(session.getSnapshot().status).toBe('ended');
    expect(bodiesOf(session)).toEqual(['one']);
    expect(storage.values.has(KEY)).toBe(false);
    // It is still heard of.
    service.edit(sid, 0, 'ONE');
    await clock.advance(3_000);
    expect(bodiesOf(session)).toEqual(['ONE']);
    await session.stop();
    expect(storage.values.has(KEY)).toBe(false);
  });

  test('shows nothing of a conversation that another one has taken the place of', async () => {
    const { session, open, clock, service, sid, storage } = await started();
    service.add(sid, 'bot', 'old');
    await clock.settle();
    await session.stop();
    expect(storage.values.get(KEY)).toContain('old');
    service.delete(sid);
    const again = open();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
    expect(bodiesOf(again)).toEqual([]);
    expect(storage.values.get(KEY) ?? '').not.toContain('old');
  });

  test('writes nothing once the browser was told to forget', async () => {
    const { clock, service, sid, storage } = await started();
    service.add(sid, 'bot', 'one');
    await clock.advance(3_000);
    expect(storage.values.get(KEY)).toContain('one');
    storage.values.clear();
    service.add(sid, 'bot', 'two');
    await clock.advance(3_000);
    expect([...storage.values.keys()]).toEqual([]);
  });

  test('writes when the page is left', async () => {
    const browser = await started();
    const { clock, service, sid, storage } = browser;
    await browser.session.stop();
    let leave = (): void => {};
    let watching = 0;
    const session = browser.open({
      watchLeave(listener) {
        leave = listener;
        watching += 1;
        return () => {
          watching -= 1;
        };
      },
    });
    session.start();
    await clock.settle();
    service.add(sid, 'bot', 'last words');
    await clock.settle();
    leave();
    expect(storage.values.get(KEY)).toContain('last words');
    await session.stop();
    expect(watching).toBe(0);
  });
});

describe('everything', () => {
  test('is read oldest first without moving what is shown, a text that was stored twice only once', async () => {
    const browser = await startFakeBrowser(createFakeBrowser());
    const { session, clock, service, sid } = browser;
    const { identity } = session.getSnapshot();
    for (let count = 0; count < 230; count += 1) service.add(sid, 'bot', `m${count}`);
    service.add(sid, identity ?? '', 'mine', { cid: 'c1' });
    service.remove(sid, 5);
    for (let count = 0; count < 120; count += 1) service.add(sid, 'bot', `n${count}`);
    service.add(sid, identity ?? '', 'mine', { cid: 'c1' });
    await clock.settle();
    const before = session.getSnapshot();
    const pages: string[][] = [];
    for await (const page of session.readAll()) pages.push(page.map(({ body }) => body));
    const stored = service.conversations.get(sid)?.messages.map(({ body }) => body) ?? [];
    expect(pages.flat()).toEqual(stored.slice(0, -1));
    expect(pages.length).toBeGreaterThan(3);
    expect(session.getSnapshot()).toBe(before);
    await browser.close();
    await expect(session.readAll()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'not_sent',
    });
  });
});
