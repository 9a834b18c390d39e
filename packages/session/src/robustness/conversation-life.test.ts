import { afterEach, expect, test } from 'vitest';
import type { ChatSession } from '../contract.js';
import { createTwilioConnection } from '../twilio-connection.js';
import {
  allSent,
  bodies,
  type CleanUps,
  cleanUpAll,
  createProfile,
  isOnline,
  type RealService,
  startRealService,
  until,
} from './real-chat.js';

/** Rows of the table of conversation states, with the SDK and the emulator. */
const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

const KEY = 'conversations-web-chat:default';

async function startedChat() {
  const service = await startRealService(cleanUps);
  const profile = createProfile(cleanUps, service);
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  const { conversationSid, identity } = session.getSnapshot();
  return { service, profile, session, sid: conversationSid ?? '', identity: identity ?? '' };
}

const isEnded = (session: ChatSession) => session.getSnapshot().status === 'ended';
const has = (session: ChatSession, count: number) =>
  session.getSnapshot().messages.length === count && allSent(session);

/** Each has been seen in the history, or has failed. */
const allKnown = (session: ChatSession) =>
  session.getSnapshot().messages.every(({ state, sid }) => state === 'failed' || sid !== null);

/** How many such requests came over sockets, by the emulator's log. */
async function asked({ emulator, authorized }: RealService, method: string, path: RegExp): Promise<number> {
  const response = await fetch(`${emulator.restUrl}/_emulator/log`, { headers: authorized });
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  const met = lines.map((line) => JSON.parse(line) as { frame?: string; method?: string; path?: string });
  return met.filter(
    (line) => line.frame !== undefined && line.method === method && path.test(line.path ?? ''),
  ).length;
}

/** Every status and reason from now on. */
function watch(session: ChatSession) {
  const seen = new Set<string>();
  session.subscribe(() => seen.add(session.getSnapshot().status));
  return seen;
}

const endings = [
  ['closed', 'conversation_closed', (sid: string) => ['POST', `/${sid}`, { State: 'closed' }] as const],
  ['deleted', 'conversation_gone', (sid: string) => ['DELETE', `/${sid}`] as const],
  [
    'one the visitor was taken out of',
    'conversation_gone',
    (sid: string, identity: string) => ['DELETE', `/${sid}/Participants/${identity}`] as const,
  ],
] as const;

test.each(endings)(
  'V1: a conversation that is %s ends here, can be read, and gives way to a new chat',
  async (_, reason, act) => {
    const { service, session, sid, identity } = await startedChat();
    session.send('hello');
    await until(session, () => has(session, 1));
    const [method, path, fields] = act(sid, identity);
    await service.rest(method, path, fields);
    await until(session, () => isEnded(session));
    expect(session.getSnapshot()).toMatchObject({ reason, can: ['start_new'], conversationSid: sid });
    expect(bodies(session)).toEqual(['hello']);
    session.startNew();
    await until(session, () => isOnline(session));
    expect(session.getSnapshot().conversationSid).not.toBe(sid);
    session.send('afresh');
    await until(session, () => has(session, 1));
  },
);

test.each(endings)(
  'V1: of a conversation that was %s while the visitor was away nothing is lost but itself',
  async (_, reason, act) => {
    const { service, profile, session, sid, identity } = await startedChat();
    session.send('hello');
    await until(session, () => has(session, 1));
    await session.stop();
    const [method, path, fields] = act(sid, identity);
    await service.rest(method, path, fields);
    const again = profile.open();
    again.draft.write('typed before it was known');
    again.start();
    if (reason === 'conversation_closed') {
      await until(again, () => isEnded(again));
      expect(bodies(again)).toEqual(['hello']);
      again.startNew();
    }
    await until(again, () => isOnline(again));
    expect(again.getSnapshot().conversationSid).not.toBe(sid);
    expect(again.getSnapshot().notices).toEqual(reason === 'conversation_gone' ? ['previous_chat_gone'] : []);
    expect(again.draft.read()).toBe('typed before it was known');
  },
);

test('V1: a farewell that is said in the moment of the end is shown, and what was on its way is shown once', async () => {
  const { service, session, sid } = await startedChat();
  await service.say(sid, 'hello');
  await until(session, () => has(session, 1));
  service.faults.latency(150);
  session.send('wait');
  await service.say(sid, 'bye');
  await service.rest('POST', `/${sid}`, { State: 'closed' });
  await until(session, () => isEnded(session));
  service.faults.latency(0);
  await until(session, () => session.getSnapshot().messages.length === 3 && allKnown(session));
  const stored = await service.stored(sid);
  // Stored before the end, or refused by it: then it says so and waits for the next chat.
  const refused = stored.includes('wait') ? [] : ['wait'];
  expect(bodies(session)).toEqual([...stored, ...refused]);
  if (refused.length > 0) {
    session.startNew();
    await until(session, () => isOnline(session));
    session.retry(session.getSnapshot().messages[0]?.key ?? '');
    await until(session, () => has(session, 1));
  }
});

test('V1: server errors and silence on the stored conversation never drop it', async () => {
  const { service, profile, session, sid } = await startedChat();
  session.send('hello');
  await until(session, () => has(session, 1));
  await session.stop();
  // Everything that opening a conversation asks for, several times over.
  for (const status of [500, 503, 429]) service.faults.answer({ status, path: sid, times: 2 });
  const again = profile.open();
  const seen = watch(again);
  again.start();
  await until(again, () => isOnline(again), 45_000);
  expect(again.getSnapshot()).toMatchObject({ conversationSid: sid, notices: [] });
  expect(seen).not.toContain('ended');
  expect(bodies(again)).toEqual(['hello']);
  expect(await service.conversationCount()).toBe(1);
});

test('V1: a service that has nothing but errors is explained within ten seconds, and a click brings the chat back', async () => {
  const { service, profile, session, sid } = await startedChat();
  await session.stop();
  // The SDK asks again and again by itself, and says nothing of it.
  service.faults.answer({ status: 503, path: sid, times: 100_000 });
  const again = profile.open();
  const seen = watch(again);
  again.start();
  await until(again, () => again.getSnapshot().status === 'failed', 12_000);
  expect(again.getSnapshot()).toMatchObject({
    reason: 'connection_failed',
    can: ['write', 'retry_now'],
    conversationSid: sid,
  });
  service.faults.reset();
  again.retryNow();
  await until(again, () => isOnline(again));
  expect(again.getSnapshot()).toMatchObject({ conversationSid: sid, notices: [] });
  expect(seen).not.toContain('ended');
});

test('V3: what is typed when the chat is closed is kept, over a reload and into the next chat', async () => {
  const { service, profile, session, sid } = await startedChat();
  session.draft.write('I was about to say');
  await service.rest('POST', `/${sid}`, { State: 'closed' });
  await until(session, () => isEnded(session));
  expect(session.getSnapshot().can).toEqual(['start_new']);
  expect(session.draft.read()).toBe('I was about to say');
  await session.stop();
  const again = profile.open();
  again.start();
  await until(again, () => isEnded(again));
  again.startNew();
  await until(again, () => isOnline(again));
  expect(again.draft.read()).toBe('I was about to say');
});

test('V5: a foreign conversation planted in storage is never shown, and a new one is made', async () => {
  const { service, session, sid } = await startedChat();
  session.send('a secret');
  await until(session, () => has(session, 1));
  const victim = createProfile(cleanUps, service);
  const first = victim.open();
  first.start();
  await until(first, () => isOnline(first));
  await first.stop();
  const stored = JSON.parse(victim.storage.values.get(KEY) ?? '');
  victim.storage.values.set(KEY, JSON.stringify({ ...stored, conversation_sid: sid }));
  const again = victim.open();
  const shown: string[] = [];
  again.subscribe(() => shown.push(...bodies(again)));
  again.start();
  await until(again, () => isOnline(again));
  expect(again.getSnapshot().conversationSid).not.toBe(sid);
  again.send('mine');
  await until(again, () => has(again, 1));
  expect(new Set(shown)).toEqual(new Set(['mine']));
  expect(await service.stored(sid)).toEqual(['a secret']);
});

test('V6: a visitor with a thousand conversations is told so, and what they wrote waits', async () => {
  const service = await startRealService(cleanUps);
  const profile = createProfile(cleanUps, service);
  // Who they are is known once they have been here; the first conversation is one of the thousand.
  const first = profile.open();
  first.start();
  await until(first, () => isOnline(first));
  const { conversationSid, identity } = first.getSnapshot();
  await first.stop();
  const sids: string[] = [];
  for (let count = 0; count < 1_000; count += 1) {
    const { sid } = await service.rest('POST', '');
    sids.push(String(sid));
    // The last place was the first conversation's, which has just been deleted.
    if (count === 999) await service.delete(conversationSid ?? '');
    await service.rest('POST', `/${sid}/Participants`, { Identity: identity ?? '' });
  }
  const again = profile.open();
  again.start();
  again.send('waiting');
  await until(
    again,
    () => again.getSnapshot().retryAt === null && again.getSnapshot().status === 'failed',
    50_000,
  );
  expect(again.getSnapshot()).toMatchObject({
    reason: 'too_many_conversations',
    can: ['write', 'retry_now'],
  });
  expect(bodies(again)).toEqual(['waiting']);
  await service.rest('POST', `/${sids[0]}`, { State: 'closed' });
  again.retryNow();
  await until(again, () => isOnline(again) && has(again, 1));
}, 120_000);

test('V6: creation that is refused is tried three times, and the reason says so', async () => {
  const service = await startRealService(cleanUps);
  service.faults.answer({
    status: 403,
    code: 50107,
    path: '/Client/v2/Conversations',
    method: 'POST',
    times: 100,
  });
  const session = createProfile(cleanUps, service).open();
  session.start();
  await until(session, () => {
    const { reason, retryAt } = session.getSnapshot();
    return reason === 'creation_refused' && retryAt === null;
  });
  expect(session.getSnapshot()).toMatchObject({ status: 'failed', can: ['write', 'retry_now'] });
  expect(await asked(service, 'POST', /\/Conversations$/)).toBe(3);
  service.faults.reset();
  session.retryNow();
  await until(session, () => isOnline(session));
  expect(await service.conversationCount()).toBe(1);
});

test.each([
  ['between making and joining', 'beforeWrite'],
  ['between joining and storing', 'afterWrite'],
] as const)(
  'V7: a crash %s leaves no orphan: the next start is in the same conversation',
  async (_, when) => {
    const service = await startRealService(cleanUps);
    let die = (): void => {};
    const dead = new Promise<void>((resolve) => {
      die = resolve;
    });
    let wasUp = false;
    const profile = createProfile(cleanUps, service, {
      onLink(state) {
        if (wasUp && state !== 'connected') die();
        wasUp ||= state === 'connected';
      },
    });
    service.faults.dropAround(when, { method: 'POST', path: '/Participants' });
    const session = profile.open();
    session.start();
    await dead;
    await session.stop();
    expect(await service.conversationCount()).toBe(1);
    expect(JSON.parse(profile.storage.values.get(KEY) ?? '')).toMatchObject({ conversation_sid: null });
    const again = profile.open();
    again.start();
    again.send('here I am');
    await until(again, () => isOnline(again) && has(again, 1));
    expect(await service.conversationCount()).toBe(1);
  },
);

test('V9: what arrives while the history is read is shown once and in order', async () => {
  const { service, profile, session, sid } = await startedChat();
  await session.stop();
  for (let count = 0; count < 65; count += 1) await service.say(sid, `m${count}`);
  const again = profile.open({ pageSize: 20 });
  // Pages take their time, and messages come into each of them.
  service.faults.latency(30);
  again.start();
  let live = 0;
  const speak = async (): Promise<void> => {
    for (; live < 30; live += 1) await service.say(sid, `live ${live}`);
  };
  const speaking = speak();
  await until(again, () => isOnline(again));
  while (again.getSnapshot().hasOlder) await again.loadOlder();
  await speaking;
  const expected = await service.stored(sid);
  await until(again, () => bodies(again).length === expected.length);
  expect(expected).toHaveLength(95);
  expect(bodies(again)).toEqual(expected);
});

test('V10: edits, removals and comings of others are seen, and a storm of typing is one line', async () => {
  const { service, session, sid } = await startedChat();
  const { sid: first } = await service.say(sid, 'first');
  const { sid: second } = await service.say(sid, 'second');
  await until(session, () => bodies(session).length === 2);
  const { sid: participant } = await service.rest('POST', `/${sid}/Participants`, { Identity: 'agent' });
  const agent = createTwilioConnection(
    {
      token: service.mint('agent'),
      realtimeUrl: service.emulator.wsUrl,
      events: { link() {}, tokenExpiring() {}, tokenExpired() {} },
    },
    { min: 100, max: 400, randomness: 0 },
  );
  cleanUps.push(() => agent.close());
  await agent.ready();
  const theirs = await agent.open(sid);
  const lines = new Set<string>();
  let published = 0;
  session.subscribe(() => {
    published += 1;
    lines.add(session.getSnapshot().typing.join());
  });
  // Fifty a second for three seconds, past whatever throttle the other side may have.
  for (let burst = 0; burst < 15; burst += 1) {
    await Promise.all(Array.from({ length: 10 }, () => theirs.typing()));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect([...lines].filter((line) => line !== '')).toEqual(['agent']);
  expect(published).toBeLessThan(10);
  await service.edit(sid, first, 'FIRST');
  await service.rest('DELETE', `/${sid}/Messages/${second}`);
  await service.rest('DELETE', `/${sid}/Participants/${participant}`);
  await until(session, () => bodies(session).join() === 'FIRST');
  await until(session, () => {
    const { participants } = session.getSnapshot();
    return participants.some(({ identity, present }) => identity === 'agent' && !present);
  });
});

test('V10: a visitor who types all the time asks the service once in four seconds', async () => {
  const { service, session } = await startedChat();
  for (let key = 0; key < 50; key += 1) session.typing();
  session.send('typed');
  await until(session, () => has(session, 1));
  const typed = await asked(service, 'POST', /typing/i);
  expect(typed).toBeGreaterThan(0);
  expect(typed).toBeLessThanOrEqual(2);
});

test('a conversation that somebody else pulls the visitor into changes nothing here', async () => {
  const { service, session, sid, identity } = await startedChat();
  session.send('mine');
  await until(session, () => has(session, 1));
  const before = session.getSnapshot();
  const { sid: other } = await service.rest('POST', '', { FriendlyName: 'Win a prize' });
  await service.rest('POST', `/${other}/Participants`, { Identity: identity });
  await service.say(String(other), 'click here');
  await service.rest('POST', `/${other}`, { State: 'closed' });
  // Heard after all of that, on the same socket.
  await service.say(sid, 'yours');
  await until(session, () => bodies(session).length === 2);
  expect(bodies(session)).toEqual(['mine', 'yours']);
  expect(session.getSnapshot()).toMatchObject({ status: 'online', conversationSid: sid, notices: [] });
  expect(session.getSnapshot().happenings).toEqual(before.happenings);
});

test('endChat tells the service, in the other tab as well, and the next chat is another one', async () => {
  const { service, profile, session, sid, identity } = await startedChat();
  const other = profile.open();
  other.start();
  await until(other, () => isOnline(other));
  await service.say(sid, 'anything else?');
  await until(other, () => bodies(other).length === 1);
  session.send('no, bye');
  await session.endChat();
  expect(session.getSnapshot()).toMatchObject({ status: 'ended', reason: 'ended_by_visitor' });
  expect(bodies(session)).toEqual(['anything else?', 'no, bye']);
  await until(other, () => isEnded(other));
  expect(other.getSnapshot().reason).toBe('ended_by_visitor');
  const { participants } = await service.rest('GET', `/${sid}/Participants`);
  expect(participants).not.toContainEqual(expect.objectContaining({ identity }));
  session.startNew();
  await until(session, () => isOnline(session));
  expect(session.getSnapshot().conversationSid).not.toBe(sid);
});
