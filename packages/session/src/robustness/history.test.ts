import { afterEach, describe, expect, test } from 'vitest';
import type { ChatSession } from '../contract.js';
import type { ChatMessage } from '../snapshot.js';
import {
  bodies,
  type CleanUps,
  cleanUpAll,
  createProfile,
  isOnline,
  type RealService,
  startRealService,
  until,
} from './real-chat.js';

/** Histories of any length by the real SDK and the emulator: complete, in order, once, and bounded. */
const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

interface Stored {
  sid: string;
  index: number;
  body: string;
}

async function storedIn(service: RealService, sid: string): Promise<Stored[]> {
  const all: Stored[] = [];
  for (let path: string | null = `/${sid}/Messages?PageSize=100`; path !== null; ) {
    const page = await service.rest('GET', path);
    all.push(...(page.messages as Stored[]).map(({ sid, index, body }) => ({ sid, index, body })));
    const next = (page.meta as { next_page_url: string | null }).next_page_url;
    path = next?.split('/v1/Conversations')[1] ?? null;
  }
  return all;
}

/** Does `work` for each place, several at a time. */
async function each(count: number, work: (place: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** A visitor's conversation in which `size` messages are left after some were removed, others edited. */
async function conversationOf(size: number, more: number) {
  const service = await startRealService(cleanUps);
  const profile = createProfile(cleanUps, service);
  const first = profile.open();
  first.start();
  await until(first, () => isOnline(first));
  const sid = first.getSnapshot().conversationSid ?? '';
  await first.stop();
  await each(size + more, (place) => service.say(sid, `m${place}`));
  const all = await storedIn(service, sid);
  // Among them the first and the last, and two side by side.
  const spread = all.map((_, place) => place).filter((place) => place % 13 === 11);
  const places = [0, all.length - 1, 7, 8, ...spread, ...all.keys()].filter((place) => place in all);
  const gone = new Set([...new Set(places)].slice(0, more));
  for (const place of gone) await service.rest('DELETE', `/${sid}/Messages/${all[place]?.sid}`);
  const left = all.filter((_, place) => !gone.has(place));
  for (const [place, message] of left.entries())
    if (place % 97 === 5) await service.edit(sid, message.sid, 'edited');
  return { service, profile, sid, left };
}

const indexesOf = (messages: readonly ChatMessage[]) => messages.map(({ index }) => index ?? -1);

/** Notes what is shown at each moment, and that it is in order, once, and never more than the window holds. */
function watch(session: ChatSession, windowSize: number) {
  const seen = new Map<number, string>();
  const wrong: string[] = [];
  let most = 0;
  const look = (): void => {
    const { messages, loadingOlder } = session.getSnapshot();
    const indexes = indexesOf(messages);
    if (indexes.some((index, place) => place > 0 && index <= (indexes[place - 1] ?? -1))) {
      wrong.push(indexes.join(' '));
    }
    if (!loadingOlder) most = Math.max(most, messages.length);
    for (const { index, body } of messages) seen.set(index ?? -1, body);
  };
  session.subscribe(look);
  return {
    forget: () => seen.clear(),
    check(stored: readonly Stored[]): void {
      look();
      expect(wrong).toEqual([]);
      expect(most).toBeLessThanOrEqual(windowSize);
      expect([...seen].sort(([one], [other]) => one - other)).toEqual(
        stored.map(({ index, body }) => [index, body]),
      );
    },
  };
}

describe.each([0, 1, 29, 30, 31, 60, 61])('a history of %i messages', (size) => {
  test('is read whole, in order and once, over gaps, edits and removals', async () => {
    const { service, profile, sid } = await conversationOf(size, 4);
    const session = profile.open();
    session.start();
    await until(session, () => isOnline(session));
    const watched = watch(session, 300);
    while (session.getSnapshot().hasOlder) await session.loadOlder();
    const stored = await storedIn(service, sid);
    expect(stored).toHaveLength(size);
    watched.check(stored);
    expect(bodies(session)).toEqual(stored.map(({ body }) => body));
  });

  test('stays so while messages come, are edited and removed between its pages', async () => {
    const { service, profile, sid, left } = await conversationOf(size, 2);
    const session = profile.open({ pageSize: 10 });
    session.start();
    await until(session, () => isOnline(session));
    for (let round = 0; session.getSnapshot().hasOlder; round += 1) {
      const reading = session.loadOlder();
      await service.say(sid, `live ${round}`);
      const old = left[round * 3];
      if (old) await service.edit(sid, old.sid, `late ${round}`);
      const other = left[left.length - 2 - round];
      if (other && other !== old && round < 2) await service.rest('DELETE', `/${sid}/Messages/${other.sid}`);
      await reading;
    }
    await service.say(sid, 'the last');
    await until(session, () => bodies(session).at(-1) === 'the last');
    expect(bodies(session)).toEqual((await storedIn(service, sid)).map(({ body }) => body));
  });
});

test('a history of 10,000 messages is read back and forward through a window that stays small', {
  // Most of it is the REST API storing them, on a machine that may be busy.
  timeout: 240_000,
}, async () => {
  const { service, profile, sid, left } = await conversationOf(10_000, 40);
  const windowSize = 500;
  const session = profile.open({ pageSize: 50 });
  session.start();
  await until(session, () => isOnline(session));
  expect(session.getSnapshot().messages).toHaveLength(50);
  const watched = watch(session, windowSize);
  for (let round = 0; session.getSnapshot().hasOlder; round += 1) {
    await session.loadOlder();
    if (round % 50 === 3) await service.say(sid, `live ${round}`);
    // Not read yet, shown just now, and gone from the window.
    for (const place of [100 + round, 9_960 - round * 50, 9_990 - round]) {
      const message = left[place];
      if (message && round % 40 === 7) await service.edit(sid, message.sid, `late ${place}`);
    }
    if (round % 60 === 9) await service.rest('DELETE', `/${sid}/Messages/${left[5_000 + round]?.sid}`);
  }
  expect(session.getSnapshot()).toMatchObject({ hasNewer: true, hasOlder: false });
  expect(session.getSnapshot().messages).toHaveLength(windowSize);

  // From here on nothing changes any more, so that what passes by must be what is stored.
  watched.forget();
  while (session.getSnapshot().hasNewer) await session.loadNewer();
  const stored = await storedIn(service, sid);
  watched.check(stored);
  expect(bodies(session)).toEqual(stored.slice(-windowSize).map(({ body }) => body));

  const everything: ChatMessage[] = [];
  for await (const page of session.readAll()) everything.push(...page);
  expect(everything.map(({ index, body }) => [index, body])).toEqual(
    stored.map(({ index, body }) => [index, body]),
  );
  expect(session.getSnapshot().messages).toHaveLength(windowSize);
});

test('what was missed while the socket was away is there afterwards, without a gap, however much it was', async () => {
  const { service, profile, sid } = await conversationOf(40, 2);
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  for (const missed of [3, 35, 320]) {
    service.faults.refuse(true);
    service.faults.drop();
    await until(session, () => !isOnline(session));
    await each(missed, (place) => service.say(sid, `missed ${missed} ${place}`));
    const stored = await storedIn(service, sid);
    const last = stored.at(-1)?.index;
    await service.edit(sid, stored.at(-2)?.sid, `edited ${missed}`);
    service.faults.refuse(false);
    await until(session, () => isOnline(session) && session.getSnapshot().messages.at(-1)?.index === last);
    await until(session, () => bodies(session).at(-2) === `edited ${missed}`);
    const { messages } = session.getSnapshot();
    expect(messages.length).toBeLessThanOrEqual(300);
    expect(indexesOf(messages)).toEqual(stored.slice(-messages.length).map(({ index }) => index));
  }
});

test('who sends while reading far back is taken to the end, and their words are on the screen all the time', async () => {
  const { service, profile, sid } = await conversationOf(420, 4);
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  while (session.getSnapshot().hasOlder) await session.loadOlder();
  expect(session.getSnapshot().hasNewer).toBe(true);
  let missing = 0;
  session.send('mine');
  const stop = session.subscribe(() => {
    if (bodies(session).filter((body) => body === 'mine').length !== 1) missing += 1;
  });
  await until(session, () => session.getSnapshot().messages.at(-1)?.state === 'sent');
  await until(session, () => !session.getSnapshot().hasNewer);
  stop();
  expect(missing).toBe(0);
  const stored = await storedIn(service, sid);
  expect(stored.at(-1)?.body).toBe('mine');
  const { messages } = session.getSnapshot();
  expect(indexesOf(messages)).toEqual(stored.slice(-messages.length).map(({ index }) => index));
});
