import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { createChoices, readChoice } from './choices.js';
import type { RemoteConversation, RemoteMessage } from './connection.js';
import type { ChatSession } from './contract.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import { createRichMessages } from './rich-messages.js';
import { createFakeClock, createFakeCrypto } from './testing.js';

const open: FakeBrowser[] = [];
async function started() {
  const browser = createFakeBrowser();
  open.push(browser);
  return startFakeBrowser(browser);
}
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

const question = (body = 'Well?') => ({
  type: 'quickReply',
  body,
  replies: [
    { title: 'Yes', id: 'yes' },
    { title: 'Not quite', id: 'no' },
  ],
});
const message = (session: ChatSession, place = 0) => {
  const found = session.getSnapshot().messages.at(place);
  if (!found) throw new Error(`There is no message ${place}.`);
  return found;
};
const contentBodies = (session: ChatSession) =>
  session.getSnapshot().messages.map(({ content }) => (content && 'body' in content ? content.body : null));

describe('rich content in a chat', () => {
  test('is read as it arrives, after a reload, and with older pages, once each', async () => {
    const { session, open: reopen, clock, service, storage, sid } = await started();
    for (let count = 0; count < 40; count += 1) service.addRich(sid, 'bot', question(`${count}`));
    await clock.settle();
    const all = Array.from({ length: 40 }, (_, count) => `${count}`);
    expect(contentBodies(session)).toEqual(all);
    await session.stop();
    storage.remove('conversations-web-chat:default:snapshot');
    const again = reopen();
    again.start();
    await clock.settle();
    expect(contentBodies(again)).toEqual(all.slice(10));
    const before = message(again, -1);
    await Promise.all([again.loadOlder(), clock.settle()]);
    await clock.settle();
    expect(contentBodies(again)).toEqual(all);
    expect(message(again, -1)).toBe(before);
  });

  test('is read by few requests at a time, the newest message first', async () => {
    const { session, open: reopen, clock, service, sid } = await started();
    await session.stop();
    for (let count = 0; count < 20; count += 1) service.addRich(sid, 'bot', question(`${count}`));
    const asked: number[] = [];
    let atOnce = 0;
    let most = 0;
    const again = reopen({
      connect: (options) => {
        const connection = service.connect(options);
        return {
          ...connection,
          async open(wanted) {
            const remote = await connection.open(wanted);
            const content = async (index: number) => {
              asked.push(index);
              atOnce += 1;
              most = Math.max(most, atOnce);
              return remote.content(index).finally(() => {
                atOnce -= 1;
              });
            };
            return Object.defineProperties({ ...remote, content }, { closed: { get: () => remote.closed } });
          },
        };
      },
    });
    again.start();
    await clock.settle();
    expect(asked).toEqual(Array.from({ length: 20 }, (_, count) => 19 - count));
    expect(most).toBe(3);
  });

  test('is asked for again in trouble, also on the next connection, and not when it is refused', async () => {
    const { session, clock, service, sid } = await started();
    service.fail('content', 'busy');
    service.fail('content', 'busy');
    service.addRich(sid, 'bot', question('after trouble'));
    await clock.settle();
    expect(message(session).content).toBeNull();
    await clock.advance(10_000);
    for (let count = 0; count < 5; count += 1) service.fail('content', 'unknown_outcome');
    service.addRich(sid, 'bot', question('after a new connection'));
    await clock.advance(120_000);
    expect(contentBodies(session)).toEqual(['after trouble', null]);
    service.drop();
    await clock.advance(3_000);
    expect(contentBodies(session)).toEqual(['after trouble', 'after a new connection']);
    service.fail('content', 'refused');
    service.addRich(sid, 'bot', question('never'));
    await clock.advance(10_000);
    service.drop();
    await clock.advance(3_000);
    expect(contentBodies(session)[2]).toBeNull();
    expect(session.getSnapshot().status).toBe('online');
  });

  test('leaves no timer behind when the chat is stopped in trouble', async () => {
    const { session, clock, service, sid } = await started();
    for (let count = 0; count < 5; count += 1) service.fail('content', 'busy');
    service.addRich(sid, 'bot', question());
    await clock.settle();
    await session.stop();
    expect(clock.waiting()).toBe(0);
  });

  test('that makes no sense leaves a message without any', async () => {
    const { session, clock, service, sid } = await started();
    service.addRich(sid, 'bot', { type: 'quickReply', replies: 7 });
    await clock.settle();
    expect(message(session)).toMatchObject({ content: null, state: 'sent' });
  });

  test('may stand in the attributes of bots and agents, and of nobody else', async () => {
    const { session, clock, service, sid } = await started();
    const content = { 'twilio/quick-reply': { body: 'Well?', actions: [{ title: 'Yes', id: 'yes' }] } };
    const identity = session.getSnapshot().identity ?? '';
    for (const author of ['bot', 'eve', identity]) service.add(sid, author, 'Well?', { content });
    await clock.settle();
    const kinds = session.getSnapshot().messages.map((one) => one.content?.kind ?? null);
    expect(kinds).toEqual(['quick_reply', null, null]);
    const before = message(session);
    service.add(sid, 'bot', 'more');
    await clock.settle();
    service.drop();
    await clock.advance(3_000);
    expect(session.getSnapshot().status).toBe('online');
    expect(message(session)).toBe(before);
  });
});

test('of the last visit, what bots offered in attributes and what was chosen are there before the service is asked', async () => {
  const { session, open: reopen, clock, service, sid } = await started();
  const content = { 'twilio/quick-reply': { body: 'Well?', actions: [{ title: 'Yes', id: 'yes' }] } };
  const offered = service.add(sid, 'bot', 'Well?', { content });
  await clock.settle();
  session.choose(offered.sid, 'yes');
  await clock.settle();
  await session.stop();
  service.refuse(true);
  const again = reopen();
  again.start();
  await clock.settle();
  expect(again.getSnapshot()).toMatchObject({
    remembered: true,
    messages: [{ content: { kind: 'quick_reply' }, chosen: 'yes' }, { body: 'Yes' }],
    participants: [{ identity: 'bot', role: 'bot', present: false }],
  });
});

describe('content', () => {
  const offer = (updatedAt: number, attributes: unknown): RemoteMessage => ({
    ...{
      sid: 'IM1',
      index: 1,
      author: 'bot',
      body: 'Well?',
      at: 1,
      edited: false,
      media: [],
      contentSid: null,
    },
    updatedAt,
    attributes,
  });
  const content = { 'twilio/quick-reply': { body: 'Well?', actions: [{ title: 'Yes', id: 'yes' }] } };

  test.each([
    ['goes', 'with', 'without', {}, null],
    ['comes', 'without', 'with', { content }, 'quick_reply'],
  ])('%s with an edit, however late the copy %s what was before comes', (_, _old, _new, last, kind) => {
    const first = offer(1, kind === null ? { content } : {});
    const edited = offer(2, last);
    let held = [first];
    const rich = createRichMessages({
      clock: createFakeClock(),
      crypto: createFakeCrypto(),
      roleOf: () => 'bot',
      isOwn: () => false,
      messages: () => held,
      onChange() {},
    });
    rich.saw([first]);
    held = [edited];
    rich.saw([edited]);
    rich.saw([first]);
    expect(rich.contents().get('IM1')?.kind ?? null).toBe(kind);
  });

  test('of a conversation that is over comes too late', async () => {
    const clock = createFakeClock();
    let answer = (_: unknown): void => {};
    const remote = {
      content: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    } as Partial<RemoteConversation> as RemoteConversation;
    const rich = createRichMessages({
      clock,
      crypto: createFakeCrypto(),
      roleOf: () => 'bot',
      isOwn: () => false,
      messages: () => [],
      onChange() {},
    });
    rich.open(remote);
    rich.saw([{ ...offer(1, {}), contentSid: 'HX1' }]);
    rich.clear();
    answer(question());
    await clock.settle();
    expect(rich.contents().size).toBe(0);
  });
});

describe('choosing', () => {
  test('far from the end takes the visitor there, and their words are on the screen all the time', async () => {
    const { session, clock, service, sid } = await started();
    const offered = service.addRich(sid, 'bot', question());
    for (let count = 0; count < 400; count += 1) service.add(sid, 'bot', `m${count}`);
    await clock.settle();
    while (session.getSnapshot().hasOlder) {
      void session.loadOlder();
      await clock.settle();
    }
    expect(session.getSnapshot().hasNewer).toBe(true);
    session.choose(offered.sid, 'no');
    let missing = 0;
    session.subscribe(() => {
      if (session.getSnapshot().messages.at(-1)?.body !== 'Not quite') missing += 1;
    });
    await clock.settle();
    expect(session.getSnapshot()).toMatchObject({ hasNewer: false });
    expect(message(session, -1)).toMatchObject({ body: 'Not quite', state: 'sent' });
    expect(missing).toBe(0);
  });

  test('in a browser that was told to forget stores nothing', async () => {
    const { session, clock, service, sid, storage } = await started();
    const offered = service.addRich(sid, 'bot', question());
    await clock.settle();
    storage.values.clear();
    session.choose(offered.sid, 'yes');
    expect([...storage.values.keys()]).toEqual([]);
    await clock.advance(5_000);
    expect([...storage.values.keys()]).toEqual([]);
    expect(session.getSnapshot()).toMatchObject({ status: 'idle', messages: [] });
  });

  test('sends the title with what was chosen, once, and says so at once, and after a reload', async () => {
    const { session, open: reopen, clock, service, sid, stored } = await started();
    const offered = service.addRich(sid, 'bot', question());
    await clock.settle();
    expect(message(session).chosen).toBeNull();
    session.choose(offered.sid, 'no');
    expect(message(session).chosen).toBe('no');
    expect(message(session, 1)).toMatchObject({ body: 'Not quite', state: 'sending' });
    session.choose(offered.sid, 'yes');
    await clock.settle();
    session.choose(offered.sid, 'yes');
    await clock.settle();
    expect(stored().slice(1)).toMatchObject([
      {
        body: 'Not quite',
        attributes: { cid: expect.any(String), choice: { id: 'no', inReplyTo: offered.sid } },
      },
    ]);
    expect(message(session).chosen).toBe('no');
    await session.stop();
    const again = reopen();
    again.start();
    await clock.settle();
    expect(message(again).chosen).toBe('no');
  });

  test('without a link is kept over a crash and sent as it was chosen', async () => {
    const { session, open: reopen, clock, service, sid, stored } = await started();
    const offered = service.addRich(sid, 'bot', question());
    await clock.settle();
    service.refuse(true);
    session.choose(offered.sid, 'yes');
    const again = reopen();
    again.start();
    await clock.settle();
    service.refuse(false);
    await clock.advance(60_000);
    expect(stored().slice(1)).toMatchObject([
      { body: 'Yes', attributes: { choice: { id: 'yes', inReplyTo: offered.sid } } },
    ]);
    expect([message(session).chosen, message(again).chosen]).toEqual(['yes', 'yes']);
  });

  test('what is not offered, not there, or one’s own sends nothing', async () => {
    const { session, clock, service, sid, stored } = await started();
    const offered = service.addRich(sid, 'bot', question());
    session.send('hello');
    await clock.settle();
    session.choose(offered.sid, 'maybe');
    session.choose(offered.sid, 'constructor');
    session.choose('IMnone', 'yes');
    session.choose(message(session, 1).key, 'yes');
    await clock.settle();
    expect(stored()).toHaveLength(2);
    service.close(sid);
    await clock.settle();
    session.choose(offered.sid, 'yes');
    await clock.settle();
    expect(session.getSnapshot().messages).toHaveLength(2);
  });

  test('another’s word for what was chosen counts for nothing, and of two of one’s own the first holds', async () => {
    const { session, clock, service, sid } = await started();
    const identity = session.getSnapshot().identity ?? '';
    const offered = service.addRich(sid, 'bot', question());
    const says = (author: string, id: string) =>
      service.add(sid, author, id, { choice: { id, inReplyTo: offered.sid } });
    says('eve', 'no');
    await clock.settle();
    expect(message(session).chosen).toBeNull();
    says(identity, 'yes');
    says(identity, 'no');
    await clock.settle();
    expect(message(session).chosen).toBe('yes');
  });

  test('is read the same in whatever order messages come, and without a throw whatever they say', () => {
    const choice = fc.record({ id: fc.constantFrom('a', 'b'), inReplyTo: fc.constantFrom('IM1', 'IM2') });
    const attributes = fc.oneof(fc.record({ choice }), fc.jsonValue(), fc.anything());
    const list = fc.array(attributes, { maxLength: 8 }).chain((all) => {
      const messages = all.map((one, index) => ({ author: 'me', index, attributes: one }) as RemoteMessage);
      return fc.tuple(fc.constant(messages), fc.shuffledSubarray(messages, { minLength: messages.length }));
    });
    fc.assert(
      fc.property(list, ([inOrder, shuffled]) => {
        const one = createChoices(() => true);
        const other = createChoices(() => true);
        one.saw(inOrder);
        for (const each of shuffled) other.saw([each, each]);
        expect(new Map([...other.made()].sort())).toEqual(new Map([...one.made()].sort()));
      }),
    );
    fc.assert(fc.property(fc.anything(), (value) => void readChoice({ choice: value })));
  });
});
