import { describe, expect, it } from 'vitest';
import type { Session } from '../upstream.js';
import { createSubscribers } from './subscribers.js';

const session = (identity: string, continuation = ''): Session => ({
  identity,
  continuation,
  push: () => {},
});

it('does not take in a session whose socket is gone, as one dropped in mid-replay is', () => {
  const subscribers = createSubscribers();
  const [gone, here] = [session('gone'), session('here')];
  subscribers.forget(gone);
  for (const one of [gone, here]) subscribers.add(one, { sid: 'ES1' }, { until: 10 });
  expect([...subscribers.of('ES1', 0)]).toEqual([here]);
});

it('takes an identity off an object in all its sessions, and nobody else', () => {
  const subscribers = createSubscribers();
  const [first, second, other] = [session('ann'), session('ann'), session('bob')];
  for (const one of [first, second, other]) subscribers.add(one, { sid: 'ES1' }, { until: 10 });
  subscribers.removeIdentity('ann', 'ES1');
  expect([...subscribers.of('ES1', 0)]).toEqual([other]);
});

it('lapses by itself, and not for who was added again', () => {
  const subscribers = createSubscribers();
  const [lapsed, refreshed] = [session('ann'), session('bob')];
  for (const one of [lapsed, refreshed]) subscribers.add(one, { sid: 'ES1' }, { until: 10 });
  subscribers.add(refreshed, { sid: 'ES1' }, { until: 20 });
  expect(subscribers.of('ES1', 9)).toEqual([lapsed, refreshed]);
  expect(subscribers.of('ES1', 10)).toEqual([refreshed]);
  expect(subscribers.of('ES1', 9)).toEqual([refreshed]);
});

it('ends by itself for who may hear no more, and asks that of nobody else', () => {
  const subscribers = createSubscribers();
  const [admin, member] = [session('admin'), session('member')];
  let may = true;
  subscribers.add(admin, { sid: 'ET1' }, { until: 10, may: () => may });
  subscribers.add(member, { sid: 'ET1' }, { until: 10 });
  expect(subscribers.of('ET1', 0)).toEqual([admin, member]);
  may = false;
  expect(subscribers.of('ET1', 0)).toEqual([member]);
  may = true;
  expect(subscribers.of('ET1', 0)).toEqual([member]);
});

describe('what clients knew untouched', () => {
  it('is let go of once it is touched, whatever was noted of it twice', () => {
    const subscribers = createSubscribers();
    const client = session('ann', 'of ann');
    for (const sid of ['ES1', 'ET1', 'ES1']) subscribers.noteUntouched(client, sid, true);
    expect(subscribers.untouchedObjects).toBe(2);
    // As on its next socket.
    expect(subscribers.knewUntouched(session('ann', 'of ann'), 'ES1')).toBe(true);
    for (const sid of ['ES1', 'ET1', 'ET2']) subscribers.noteUntouched(client, sid, false);
    expect(subscribers.untouchedObjects).toBe(0);
    expect(subscribers.knewUntouched(client, 'ES1')).toBe(false);
  });

  it('is forgotten of those heard of longest ago when it becomes too much', () => {
    const subscribers = createSubscribers(4);
    const [first, second, third] = ['1', '2', '3'].map((name) => session('ann', name));
    for (const client of [first!, second!]) {
      for (const sid of ['ES1', 'ES2']) subscribers.noteUntouched(client, sid, true);
    }
    subscribers.noteUntouched(first!, 'ES1', true);
    subscribers.noteUntouched(third!, 'ES1', true);
    expect([first, second, third].map((client) => subscribers.knewUntouched(client!, 'ES1'))).toEqual([
      true,
      false,
      true,
    ]);
    expect(subscribers.untouchedObjects).toBe(3);
  });
});
