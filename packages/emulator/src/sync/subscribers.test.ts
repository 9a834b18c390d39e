import { expect, it } from 'vitest';
import type { Session } from '../upstream.js';
import { createSubscribers } from './subscribers.js';

const session = (identity: string): Session => ({ identity, continuation: '', push: () => {} });

it('does not take in a session whose socket is gone, as one dropped in mid-replay is', () => {
  const subscribers = createSubscribers();
  const [gone, here] = [session('gone'), session('here')];
  subscribers.forget(gone);
  for (const one of [gone, here]) subscribers.add(one, { sid: 'ES1' }, 10);
  expect([...subscribers.of('ES1', 0)]).toEqual([here]);
});

it('takes an identity off an object in all its sessions, and nobody else', () => {
  const subscribers = createSubscribers();
  const [first, second, other] = [session('ann'), session('ann'), session('bob')];
  for (const one of [first, second, other]) subscribers.add(one, { sid: 'ES1' }, 10);
  subscribers.removeIdentity('ann', 'ES1');
  expect([...subscribers.of('ES1', 0)]).toEqual([other]);
});

it('lapses by itself, and not for who was added again', () => {
  const subscribers = createSubscribers();
  const [lapsed, refreshed] = [session('ann'), session('bob')];
  for (const one of [lapsed, refreshed]) subscribers.add(one, { sid: 'ES1' }, 10);
  subscribers.add(refreshed, { sid: 'ES1' }, 20);
  expect(subscribers.of('ES1', 9)).toEqual([lapsed, refreshed]);
  expect(subscribers.of('ES1', 10)).toEqual([refreshed]);
  expect(subscribers.of('ES1', 9)).toEqual([refreshed]);
});
