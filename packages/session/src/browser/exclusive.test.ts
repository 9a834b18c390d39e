import { describe, expect, test } from 'vitest';
import { createFakeClock, createMemoryStorage } from '../testing.js';
import { createExclusive } from './exclusive.js';

const noLocks = () => undefined;
const throwing = (): LockManager => {
  throw new DOMException('denied', 'SecurityError');
};
const rejecting = () =>
  ({ request: () => Promise.reject(new DOMException('denied', 'SecurityError')) }) as unknown as LockManager;

/** Tabs on one storage; `inside` says how many are in the lock. */
function tabsWith(locks: () => LockManager | undefined, count: number) {
  const clock = createFakeClock();
  const storage = createMemoryStorage();
  let ids = 0;
  const state = { inside: 0, most: 0, done: 0 };
  const work = async (): Promise<void> => {
    state.inside += 1;
    state.most = Math.max(state.most, state.inside);
    await new Promise<void>((resolve) => void clock.after(120, resolve));
    state.inside -= 1;
    state.done += 1;
  };
  const tabs = Array.from({ length: count }, () =>
    createExclusive({
      locks,
      storage,
      clock,
      newId() {
        ids += 1;
        return `tab ${ids}`;
      },
    }),
  );
  return { clock, storage, state, work, tabs };
}

describe.each([
  ['there are no locks', noLocks],
  ['asking for locks throws', throwing],
  ['a lock is refused', rejecting],
])('where %s', (_, locks) => {
  test('a mark in storage lets one tab in at a time, and all of them in the end', async () => {
    const { clock, storage, state, work, tabs } = tabsWith(locks, 4);
    for (const tab of tabs) void tab('name', work);
    await clock.advance(5_000);
    expect(state).toEqual({ inside: 0, most: 1, done: 4 });
    expect(storage.values.size).toBe(0);
  });

  test('a mark from before the clock was put back holds nobody up for long', async () => {
    const { clock, storage, state, work, tabs } = tabsWith(locks, 1);
    storage.write('name:mark', JSON.stringify({ id: 'gone', at: clock.now() + 86_400_000 }));
    void tabs[0]?.('name', work);
    await clock.advance(1_000);
    expect(state.done).toBe(1);
  });

  test('a mark left by a tab that is gone holds nobody up for ever', async () => {
    const { clock, storage, state, work, tabs } = tabsWith(locks, 1);
    storage.write('name:mark', JSON.stringify({ id: 'gone', at: clock.now() }));
    void tabs[0]?.('name', work);
    await clock.advance(59_000);
    expect(state.done).toBe(0);
    await clock.advance(2_000);
    expect(state.done).toBe(1);
  });
});

test('work that lasts keeps its mark, and leaves nothing behind', async () => {
  const clock = createFakeClock();
  const storage = createMemoryStorage();
  const tab = (id: string) => createExclusive({ locks: noLocks, storage, clock, newId: () => id });
  const done: string[] = [];
  const upload = () =>
    new Promise<void>((resolve) => clock.after(600_000, resolve)).then(() => void done.push('upload'));
  void tab('one')('name', upload);
  await clock.advance(1_000);
  void tab('two')('name', async () => void done.push('text'));
  await clock.advance(500_000);
  expect(done).toEqual([]);
  await clock.advance(200_000);
  expect(done).toEqual(['upload', 'text']);
  expect(storage.values.size).toBe(0);
  expect(clock.waiting()).toBe(0);
});

test('storage that forgets lets the one page go on', async () => {
  const clock = createFakeClock();
  const storage = { lasting: false, read: () => null, write() {}, remove() {}, keys: () => [] };
  const exclusive = createExclusive({ locks: noLocks, storage, clock, newId: () => 'me' });
  const done = exclusive('name', async () => 7);
  await clock.advance(100);
  expect(await done).toBe(7);
});

test('two pieces of work of one page take turns, and a failure passes the turn on', async () => {
  const { clock, tabs } = tabsWith(noLocks, 1);
  const order: string[] = [];
  const failing = tabs[0]?.('name', async () => {
    order.push('first');
    throw new Error('no');
  });
  const second = tabs[0]?.('name', async () => void order.push('second'));
  failing?.catch(() => {});
  await clock.advance(1_000);
  await expect(failing).rejects.toThrow('no');
  await second;
  expect(order).toEqual(['first', 'second']);
});

test('what the work throws inside a lock is not taken for a missing lock', async () => {
  let runs = 0;
  const locks = () => ({ request: (_: string, work: () => unknown) => work() }) as unknown as LockManager;
  const clock = createFakeClock();
  const exclusive = createExclusive({ locks, storage: createMemoryStorage(), clock, newId: () => 'me' });
  const work = async (): Promise<void> => {
    runs += 1;
    throw new Error('work');
  };
  await expect(exclusive('name', work)).rejects.toThrow('work');
  expect(runs).toBe(1);
});

/** Web Locks as a browser has them for all its tabs, and a storage that other tabs see `lag` later. */
function processes(clock: ReturnType<typeof createFakeClock>, lag: number) {
  let tail: Promise<unknown> = Promise.resolve();
  const locks = () =>
    ({
      request(_: string, work: () => Promise<unknown>) {
        const turn = tail.then(work);
        tail = turn.catch(() => {});
        return turn;
      },
    }) as unknown as LockManager;
  const views: Map<string, string>[] = [];
  return () => {
    const values = new Map<string, string>();
    views.push(values);
    const storage = createMemoryStorage(values);
    const write = (key: string, value: string): void => {
      values.set(key, value);
      for (const view of views) if (view !== values) clock.after(lag, () => view.set(key, value));
    };
    const exclusive = createExclusive({ locks, storage, clock, newId: () => 'me' });
    return { exclusive, read: storage.read, write };
  };
}

test('what was stored under a lock is seen by the next tab in it, though storage tells it late', async () => {
  const clock = createFakeClock();
  const open = processes(clock, 200);
  const seen: (string | null)[] = [];
  for (const { exclusive, read, write } of [open(), open(), open()]) {
    void exclusive('name', async () => {
      seen.push(read('who'));
      write('who', `${Number(read('who') ?? 0) + 1}`);
    });
  }
  await clock.advance(1_000);
  expect(seen).toEqual([null, '1', '2']);
  expect(clock.waiting()).toBe(0);
});

test('the result is there at once, a tab does not wait for itself, and lets others in between', async () => {
  const clock = createFakeClock();
  const open = processes(clock, 0);
  const [one, two] = [open(), open()];
  const order: string[] = [];
  for (let count = 0; count < 25; count += 1) void one.exclusive('name', async () => void order.push('one'));
  void two.exclusive('name', async () => void order.push('two'));
  const late = one.exclusive('name', async () => 'late');
  await clock.settle();
  expect(order).toEqual(Array.from({ length: 20 }, () => 'one'));
  await clock.advance(260);
  expect(order.slice(20)).toEqual(['two']);
  await clock.advance(260);
  expect(order.slice(21)).toEqual(Array.from({ length: 5 }, () => 'one'));
  // Not a moment later, though the lock is kept.
  expect(await late).toBe('late');
  await clock.advance(260);
  expect(clock.waiting()).toBe(0);
});
