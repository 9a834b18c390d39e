import { afterEach, describe, expect, test } from 'vitest';
import type { LinkState } from './connection.js';
import type { ChatSession } from './contract.js';
import {
  allSent,
  bodies,
  type CleanUps,
  cleanUpAll,
  createProfile as createProfileOf,
  isOnline,
  type RealService,
  startRealService,
  until,
} from './robustness/real-chat.js';

/** The whole session with the real SDK, against the real emulator, in Node. */
const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

const startService = () => startRealService(cleanUps);
const createProfile = (service: RealService, onLink: (state: LinkState) => void = () => {}) =>
  createProfileOf(cleanUps, service, { onLink });

async function startedChat() {
  const service = await startService();
  const profile = createProfile(service);
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  const sid = session.getSnapshot().conversationSid ?? '';
  return { service, profile, session, sid };
}

describe('a session with the SDK and the emulator', { timeout: 30_000 }, () => {
  test('sends, is answered, and finds everything again after a reload', async () => {
    const { service, profile, session, sid } = await startedChat();
    session.send('hello');
    await until(session, () => session.getSnapshot().messages.length === 1 && allSent(session));
    await service.say(sid, 'hello yourself');
    await until(session, () => session.getSnapshot().messages.length === 2);
    const before = session.getSnapshot();
    await session.stop();
    const again = profile.open();
    again.start();
    await until(again, () => isOnline(again));
    expect(again.getSnapshot().identity).toBe(before.identity);
    expect(again.getSnapshot().conversationSid).toBe(sid);
    expect(again.getSnapshot().messages.map(({ body, own }) => [body, own])).toEqual([
      ['hello', true],
      ['hello yourself', false],
    ]);
    // The trap of the SDK: no event tells of what is sent right after a return.
    again.send('me again');
    await until(again, () => again.getSnapshot().messages.length === 3 && allSent(again));
    expect(await service.stored(sid)).toEqual(['hello', 'hello yourself', 'me again']);
  });

  test('calls changed what somebody changed, and not what a bot let grow', async () => {
    const { service, profile, session, sid } = await startedChat();
    await service.grow(sid, ['We', 'We open', 'We open at nine.']);
    const { sid: said } = await service.say(sid, 'On Sundays, too.');
    await service.edit(sid, said, 'Not on Sundays.');
    const expected = [
      ['We open at nine.', false],
      ['Not on Sundays.', true],
    ];
    const shown = (of: ChatSession) => of.getSnapshot().messages.map(({ body, edited }) => [body, edited]);
    await until(
      session,
      () => bodies(session)[0] === expected[0]?.[0] && bodies(session)[1] === expected[1]?.[0],
    );
    expect(shown(session)).toEqual(expected);
    await session.stop();
    const again = profile.open();
    again.start();
    await until(again, () => again.getSnapshot().messages.length === 2);
    expect(shown(again)).toEqual(expected);
  });

  test('shows a long history whole, once and in order, while new messages arrive', async () => {
    const { service, profile, session, sid } = await startedChat();
    await session.stop();
    for (let count = 0; count < 125; count += 1) await service.say(sid, `m${count}`);
    const again = profile.open();
    again.start();
    await until(again, () => isOnline(again));
    for (let round = 0; again.getSnapshot().hasOlder; round += 1) {
      const arriving = service.say(sid, `live ${round}`);
      await again.loadOlder();
      await arriving;
    }
    const expected = await service.stored(sid);
    await until(again, () => again.getSnapshot().messages.length === expected.length);
    expect(expected.length).toBeGreaterThan(125);
    expect(bodies(again)).toEqual(expected);
  });

  test('delivers once what was written while the socket was down, and shows what was missed', async () => {
    const { service, session, sid } = await startedChat();
    session.send('before');
    await until(session, () => session.getSnapshot().messages.length === 1 && allSent(session));
    service.faults.refuse(true);
    service.faults.drop();
    await until(session, () => session.getSnapshot().status === 'reconnecting');
    session.send('in the dark');
    session.send('still dark');
    await service.say(sid, 'anyone there?');
    service.faults.refuse(false);
    await until(session, () => isOnline(session) && bodies(session).length === 4 && allSent(session));
    expect(bodies(session)).toEqual(['before', 'anyone there?', 'in the dark', 'still dark']);
    expect(await service.stored(sid)).toEqual(bodies(session));
  });

  test('delivers once and in order over a socket that is cut again and again', async () => {
    const { service, session, sid } = await startedChat();
    const texts = Array.from({ length: 25 }, (_, count) => `text ${count}`);
    for (const [count, text] of texts.entries()) {
      session.send(text);
      if (count % 3 === 0) {
        // Some cuts meet the frame on its way, some its answer.
        await new Promise((resolve) => setTimeout(resolve, count % 4));
        service.faults.drop();
      }
    }
    await until(session, () => bodies(session).length === texts.length && allSent(session));
    expect(bodies(session)).toEqual(texts);
    expect(await service.stored(sid)).toEqual(texts);
  });

  test('starts a new chat when the stored one was deleted, and says so', async () => {
    const { service, profile, session, sid } = await startedChat();
    await session.stop();
    await service.delete(sid);
    const again = profile.open();
    again.start();
    await until(again, () => isOnline(again));
    expect(again.getSnapshot().notices).toEqual(['previous_chat_gone']);
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
    again.send('fresh start');
    await until(again, () => again.getSnapshot().messages.length === 1 && allSent(again));
  });

  test('ends when the conversation is deleted under it, and starts a new one on request', async () => {
    const { service, session, sid } = await startedChat();
    await service.delete(sid);
    await until(session, () => session.getSnapshot().status === 'ended');
    expect(session.getSnapshot().reason).toBe('conversation_gone');
    session.startNew();
    await until(session, () => isOnline(session));
    expect(session.getSnapshot().conversationSid).not.toBe(sid);
  });

  test('two tabs that start at once make one conversation, and see each other’s messages as own', async () => {
    const service = await startService();
    const profile = createProfile(service);
    const [one, two] = [profile.open(), profile.open()];
    one.start();
    two.start();
    await Promise.all([until(one, () => isOnline(one)), until(two, () => isOnline(two))]);
    expect(two.getSnapshot().conversationSid).toBe(one.getSnapshot().conversationSid);
    expect(await service.conversationCount()).toBe(1);
    one.send('from one');
    await until(two, () => bodies(two).length === 1);
    expect(two.getSnapshot().messages[0]).toMatchObject({ body: 'from one', own: true, state: 'sent' });
  });

  test('the same visitor in two browsers that share a secret finds one conversation by its name', async () => {
    const { service, profile, session, sid } = await startedChat();
    await session.stop();
    const copy = createProfile(service);
    for (const [name, value] of profile.storage.values) {
      // As after a crash between joining and storing: the secret is there, the SID is not.
      copy.storage.values.set(name, value.replace(sid, ''));
    }
    const other = copy.open();
    other.start();
    await until(other, () => isOnline(other));
    expect(other.getSnapshot().conversationSid).toBe(sid);
  });

  test('a second visitor gets another conversation and nothing of the first', async () => {
    const { service, session, sid } = await startedChat();
    session.send('private');
    await until(session, () => session.getSnapshot().messages.length === 1 && allSent(session));
    const other = createProfile(service).open();
    other.start();
    await until(other, () => isOnline(other));
    expect(other.getSnapshot().conversationSid).not.toBe(sid);
    expect(bodies(other)).toEqual([]);
  });

  test('starts though the socket is refused at first, and delivers what was written meanwhile', async () => {
    const service = await startService();
    service.faults.refuse(true);
    let attempts = 0;
    const session = createProfile(service, (state) => {
      attempts += state === 'connecting' ? 1 : 0;
      // The SDK says it twice, and then tries on in silence.
      if (attempts === 2) service.faults.refuse(false);
    }).open();
    session.start();
    session.send('early');
    await until(session, () => isOnline(session) && bodies(session).length === 1 && allSent(session));
    expect(await service.stored(session.getSnapshot().conversationSid ?? '')).toEqual(['early']);
  });

  test.each([0, 2, 5, 10, 20])('starts though the socket is cut %i ms after it was made', async (ms) => {
    const service = await startService();
    let cut = false;
    const session = createProfile(service, (state) => {
      if (state !== 'connected' || cut) return;
      cut = true;
      setTimeout(() => service.faults.drop(), ms);
    }).open();
    session.start();
    session.send('early');
    await until(session, () => isOnline(session) && bodies(session).length === 1 && allSent(session));
    expect(await service.stored(session.getSnapshot().conversationSid ?? '')).toEqual(['early']);
    expect(await service.conversationCount()).toBe(1);
  });

  test('stops within its three seconds while it cannot connect', async () => {
    const service = await startService();
    service.faults.refuse(true);
    let attempts = 0;
    let tried = (): void => {};
    const trying = new Promise<void>((resolve) => {
      tried = resolve;
    });
    const session = createProfile(service, () => {
      attempts += 1;
      if (attempts === 2) tried();
    }).open();
    session.start();
    await trying;
    const started = Date.now();
    await session.stop();
    // An upper bound is the promise itself.
    expect(Date.now() - started).toBeLessThan(4_000);
    expect(session.getSnapshot().status).toBe('idle');
  });

  test('stays online over tokens that live for seconds', async () => {
    const service = await startService();
    service.tokensLive(2);
    const session = createProfile(service).open();
    session.start();
    await until(session, () => isOnline(session));
    const statuses = new Set<string>();
    session.subscribe(() => statuses.add(session.getSnapshot().status));
    await service.tokensGiven(4);
    session.send('still here');
    await until(session, () => bodies(session).length === 1 && allSent(session));
    expect([...statuses]).toEqual(['online']);
  });
});
