import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { RemoteConversation, RemoteParticipant } from './connection.js';
import { readHandover, readWorking } from './conversation-marks.js';
import { createFakeBrowser, type FakeBrowser, startFakeBrowser } from './fake-browser.js';
import { createParticipants } from './participants.js';
import { createFakeClock, createFakeCrypto } from './testing.js';

const staff = {
  agents: { prefix: 'agent:' },
  bots: { identities: ['bot'] },
  names: { bot: 'Robo' },
};

const open: FakeBrowser[] = [];
async function started() {
  const browser = createFakeBrowser();
  open.push(browser);
  const visited = await startFakeBrowser({ ...browser, open: () => browser.open({ staff }) });
  const { session, clock } = visited;
  return {
    ...visited,
    people: () =>
      session
        .getSnapshot()
        .participants.map(({ identity, role, name, present }) => [
          role === 'visitor' ? 'me' : identity,
          role,
          name,
          present,
        ]),
    happened: () =>
      session.getSnapshot().happenings.map(({ kind, identity, afterIndex }) => [kind, identity, afterIndex]),
    changes: async (work: () => void) => {
      let count = 0;
      const stop = session.subscribe(() => {
        count += 1;
      });
      work();
      await clock.settle();
      stop();
      return count;
    },
  };
}
afterEach(async () => {
  for (const browser of open.splice(0)) await browser.close();
});

describe('who takes part', () => {
  test('is read on opening, and nobody who was there before has joined', async () => {
    const { session, open: reopen, clock, service, sid } = await started();
    await session.stop();
    service.join(sid, 'agent:anna', { displayName: 'Anna' });
    service.join(sid, 'eve', { displayName: 'Support' });
    const again = reopen();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().participants.slice(1)).toEqual([
      { identity: 'agent:anna', role: 'agent', name: 'Anna', present: true },
      { identity: 'eve', role: 'other', name: null, present: true },
    ]);
    expect(again.getSnapshot().happenings).toEqual([]);
  });

  test('V10: joins, changes and leavings are shown as they happen, and a name stays', async () => {
    const { people, happened, clock, service, sid } = await started();
    expect(people()).toEqual([['me', 'visitor', null, true]]);
    service.add(sid, 'bot', 'one');
    service.join(sid, 'agent:anna');
    await clock.settle();
    service.describe(sid, 'agent:anna', { name: 'Anna' });
    await clock.settle();
    expect(people().slice(1)).toEqual([
      ['bot', 'bot', 'Robo', false],
      ['agent:anna', 'agent', 'Anna', true],
    ]);
    service.add(sid, 'agent:anna', 'two');
    await clock.settle();
    service.leave(sid, 'agent:anna');
    await clock.settle();
    expect(people().at(-1)).toEqual(['agent:anna', 'agent', 'Anna', false]);
    expect(happened()).toEqual([
      ['joined', 'agent:anna', 0],
      ['left', 'agent:anna', 1],
    ]);
  });

  test('what happened while the link was down is told once, and what did not is not', async () => {
    const { session, people, happened, clock, service, sid } = await started();
    service.join(sid, 'agent:anna');
    await clock.settle();
    const before = session.getSnapshot().happenings;
    service.drop();
    service.leave(sid, 'agent:anna');
    service.join(sid, 'agent:bob');
    await clock.advance(3_000);
    expect(happened().slice(1)).toEqual([
      ['left', 'agent:anna', -1],
      ['joined', 'agent:bob', -1],
    ]);
    expect(
      people()
        .filter(([, role]) => role === 'agent')
        .map(([, , , present]) => present),
    ).toEqual([false, true]);
    for (let round = 0; round < 3; round += 1) {
      service.drop();
      await clock.advance(3_000);
    }
    service.kill();
    await clock.advance(30_000);
    expect(session.getSnapshot().status).toBe('online');
    const { happenings } = session.getSnapshot();
    expect(happenings).toHaveLength(3);
    expect(happenings[0]).toBe(before[0]);
    expect(new Set(happenings.map(({ key }) => key)).size).toBe(3);
  });

  test('is asked for again when the service has trouble with it', async () => {
    const { people, clock, service, sid } = await started();
    service.drop();
    service.fail('participants', 'busy');
    service.fail('participants', 'busy');
    service.join(sid, 'agent:anna');
    await clock.advance(20_000);
    expect(people().at(-1)).toEqual(['agent:anna', 'agent', null, true]);
  });

  test('names are there after a reload, before anybody has been asked', async () => {
    const { session, open: reopen, clock, service, sid } = await started();
    service.join(sid, 'agent:anna', { name: 'Anna' });
    service.add(sid, 'agent:anna', 'hello');
    await clock.settle();
    service.leave(sid, 'agent:anna');
    await clock.settle();
    await session.stop();
    service.refuse(true);
    const again = reopen();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().status).not.toBe('online');
    expect(again.getSnapshot().participants).toEqual([
      { identity: 'agent:anna', role: 'agent', name: 'Anna', present: false },
    ]);
  });

  test('another conversation begins with nobody of the one before', async () => {
    const { session, people, happened, clock, service, sid } = await started();
    service.join(sid, 'agent:anna');
    await clock.settle();
    service.close(sid);
    await clock.settle();
    session.startNew();
    await clock.settle();
    expect(session.getSnapshot().status).toBe('online');
    expect(people()).toEqual([['me', 'visitor', null, true]]);
    expect(happened()).toEqual([]);
  });

  test('another conversation begins so after a reload, too, and knows their names', async () => {
    const { session, open: reopen, clock, service, sid } = await started();
    service.join(sid, 'agent:anna', { name: 'Anna' });
    await clock.settle();
    service.close(sid);
    await clock.settle();
    session.startNew();
    await clock.settle();
    await session.stop();
    const again = reopen();
    again.start();
    await clock.settle();
    const next = again.getSnapshot().conversationSid ?? '';
    expect(again.getSnapshot().participants.map(({ role }) => role)).toEqual(['visitor']);
    service.join(next, 'agent:anna');
    await clock.settle();
    expect(again.getSnapshot().participants.at(-1)).toMatchObject({ name: 'Anna', present: true });
  });

  test('of comings and goings without end the last fifty are kept', async () => {
    const { session, people, clock, service, sid } = await started();
    for (let count = 0; count < 60; count += 1) {
      service.join(sid, `agent:${count}`);
      service.leave(sid, `agent:${count}`);
    }
    await clock.settle();
    const { happenings } = session.getSnapshot();
    expect(happenings).toHaveLength(50);
    expect(happenings.at(-1)).toMatchObject({ kind: 'left', identity: 'agent:59' });
    expect(people()).toHaveLength(51);
  });
});

describe('a list of participants that takes its time', () => {
  const participant = (identity: string): RemoteParticipant => {
    return { identity, sid: `MB${identity}`, attributes: {}, readTo: -1 };
  };
  function people() {
    const clock = createFakeClock();
    const answers: ((list: RemoteParticipant[]) => void)[] = [];
    const part = createParticipants({
      clock,
      crypto: createFakeCrypto(),
      names: { of: () => null, learn() {}, load() {}, forget() {} },
      roleOf: (identity) => (identity === 'me' ? 'visitor' : 'other'),
      newestIndex: () => -1,
      messages: () => [],
      onTyping() {},
      onRead() {},
      onChange() {},
    });
    const remote = {
      participants: () => new Promise<RemoteParticipant[]>((resolve) => answers.push(resolve)),
      attributes: () => ({}),
    } as Partial<RemoteConversation> as RemoteConversation;
    const present = () => part.list().map((one) => [one.identity, one.present]);
    const answer = async (...identities: string[]) => {
      answers.shift()?.(identities.map(participant));
      await clock.settle();
    };
    return { part, remote, present, answer };
  }

  test('does not undo what was heard meanwhile', async () => {
    const { part, remote, present, answer } = people();
    part.open(remote);
    await answer('me', 'anna');
    part.open(remote);
    part.joined(participant('bob'));
    part.left(participant('anna'));
    await answer('me', 'anna');
    expect(present()).toEqual([
      ['me', true],
      ['bob', true],
      ['anna', false],
    ]);
    expect(part.happenings().map(({ kind, identity }) => [kind, identity])).toEqual([
      ['joined', 'bob'],
      ['left', 'anna'],
    ]);
  });

  test('comes to nothing once the link is gone, or another list was asked for', async () => {
    const { part, remote, present, answer } = people();
    part.open(remote);
    part.interrupted();
    await answer('me', 'old');
    expect(present()).toEqual([]);
    part.open(remote);
    part.open(remote);
    await answer('me', 'older');
    expect(present()).toEqual([]);
    await answer('me', 'newer');
    expect(present().map(([identity]) => identity)).toEqual(['me', 'newer']);
  });

  test('tells nothing of the visitor’s own comings and goings', async () => {
    const { part, remote, answer } = people();
    part.open(remote);
    await answer('anna');
    part.joined(participant('me'));
    part.left(participant('me'));
    expect(part.happenings()).toEqual([]);
  });
});

describe('a handover', () => {
  const handover = (by: string) => ({ handover: { reason: 'asked', by, at: '2026-01-01T00:00:00Z' } });

  test('by the bot is one happening, whether the bot leaves before or after', async () => {
    for (const leavesFirst of [true, false]) {
      const { happened, clock, service, sid } = await started();
      service.join(sid, 'bot');
      await clock.settle();
      if (leavesFirst) service.leave(sid, 'bot');
      await clock.settle();
      service.setAttributes(sid, handover('bot'));
      await clock.settle();
      if (!leavesFirst) service.leave(sid, 'bot');
      await clock.settle();
      expect(happened().filter(([kind]) => kind !== 'joined')).toEqual([['handed_over', null, -1]]);
    }
  });

  test('says nothing of a bot that had left long before', async () => {
    const { happened, clock, service, sid } = await started();
    service.join(sid, 'bot');
    await clock.settle();
    service.leave(sid, 'bot');
    await clock.advance(11_000);
    service.setAttributes(sid, handover('bot'));
    await clock.settle();
    expect(happened().map(([kind]) => kind)).toEqual(['joined', 'left', 'handed_over']);
  });

  test('names the agent who took over, and never somebody who only says so', async () => {
    for (const [by, to] of [
      ['agent:anna', 'agent:anna'],
      ['eve', null],
    ] as const) {
      const { happened, clock, service, sid } = await started();
      service.setAttributes(sid, handover(by));
      await clock.settle();
      service.setAttributes(sid, { ...handover(by), working: null });
      await clock.settle();
      expect(happened()).toEqual([['handed_over', to, -1]]);
    }
  });

  test('of long ago is not told again, and one that nobody heard is told once', async () => {
    const { session, open: reopen, happened, clock, service, sid } = await started();
    service.drop();
    service.setAttributes(sid, handover('bot'));
    await clock.advance(3_000);
    expect(happened()).toEqual([['handed_over', null, -1]]);
    service.drop();
    await clock.advance(3_000);
    expect(happened()).toHaveLength(1);
    await session.stop();
    const again = reopen();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().happenings).toEqual([]);
  });

  test('is read without a throw, whatever stands in the attributes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.object(), fc.anything()), (value) => {
        for (const attributes of [value, { handover: value, working: value }, { working: { by: value } }]) {
          readHandover(attributes);
          readWorking(attributes);
        }
      }),
    );
    expect(readHandover(Object.create({ handover: {} }))).toBeNull();
    expect(readHandover({ handover: { by: 1 } })).toEqual({ by: null });
  });
});

describe('typing', () => {
  test('V10: of fifty signs a second the snapshot changes once', async () => {
    const { session, changes, clock, service, sid } = await started();
    service.join(sid, 'agent:anna');
    await clock.settle();
    const count = await changes(() => {
      for (let sign = 0; sign < 50; sign += 1) service.type(sid, 'agent:anna', true);
    });
    expect(session.getSnapshot().typing).toEqual(['agent:anna']);
    expect(count).toBe(1);
    await clock.advance(9_000);
    service.type(sid, 'agent:anna', true);
    await clock.advance(9_000);
    expect(session.getSnapshot().typing).toEqual(['agent:anna']);
    await clock.advance(2_000);
    expect(session.getSnapshot().typing).toEqual([]);
  });

  test('ends with their message, and when they leave', async () => {
    const { session, clock, service, sid } = await started();
    service.join(sid, 'agent:anna');
    service.join(sid, 'agent:bob');
    service.type(sid, 'agent:anna', true);
    service.type(sid, 'agent:bob', true);
    await clock.settle();
    service.add(sid, 'agent:anna', 'hello');
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual(['agent:bob']);
    service.leave(sid, 'agent:bob');
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual([]);
  });

  test('a bot that says it is at work types, until it says otherwise or answers', async () => {
    const { session, clock, service, sid } = await started();
    const working = (by: string, ms = 10_000) => ({
      working: { by, until: new Date(clock.now() + ms).toISOString() },
    });
    service.setAttributes(sid, working('eve'));
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual([]);
    service.setAttributes(sid, working('bot'));
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual(['bot']);
    service.setAttributes(sid, { working: null });
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual([]);
    const again = working('bot', 9_000);
    service.setAttributes(sid, again);
    await clock.settle();
    service.add(sid, 'bot', 'done');
    service.setAttributes(sid, { ...again, colour: 'red' });
    await clock.settle();
    expect(session.getSnapshot().typing).toEqual([]);
  });

  test('a bot that broke off at work long ago does not type at the next visit', async () => {
    const { session, open: reopen, clock, service, sid } = await started();
    service.setAttributes(sid, {
      working: { by: 'bot', until: new Date(clock.now() + 10_000).toISOString() },
    });
    await session.stop();
    await clock.advance(60_000);
    const again = reopen();
    again.start();
    await clock.settle();
    expect(again.getSnapshot()).toMatchObject({ status: 'online', typing: [] });
  });
});

describe('how far agents have read', () => {
  test('is shown as the newest own message that an agent or a bot has seen, and never goes back', async () => {
    const { session, clock, service, sid } = await started();
    const seenTo = async () => {
      await clock.settle();
      return session.getSnapshot().seenTo;
    };
    service.join(sid, 'agent:anna');
    service.join(sid, 'eve');
    session.send('zero');
    await clock.settle();
    service.add(sid, 'bot', 'one');
    await clock.settle();
    session.send('two');
    expect(await seenTo()).toBe(-1);
    service.read(sid, 'eve', 2);
    expect(await seenTo()).toBe(-1);
    service.read(sid, 'agent:anna', 1);
    expect(await seenTo()).toBe(0);
    service.read(sid, 'agent:anna', 2);
    expect(await seenTo()).toBe(2);
    service.read(sid, 'agent:anna', 0);
    service.leave(sid, 'agent:anna');
    expect(await seenTo()).toBe(2);
    session.send('three');
    expect(await seenTo()).toBe(2);
    service.join(sid, 'bot');
    service.read(sid, 'bot', 1_000_000);
    expect(await seenTo()).toBe(3);
  });

  test('is known after a reload', async () => {
    const { session, open: reopen, clock, service, sid } = await started();
    service.join(sid, 'agent:anna');
    session.send('zero');
    await clock.settle();
    service.read(sid, 'agent:anna', 0);
    await session.stop();
    const again = reopen();
    again.start();
    await clock.settle();
    expect(again.getSnapshot().seenTo).toBe(0);
  });
});
