import { expect, test } from 'vitest';
import { type Log, silentLog } from './log.js';
import { createMemorySeenDeliveries, onceDelivered, type SeenDeliveries } from './seen-deliveries.js';

const once = (seen: SeenDeliveries, log: Log = silentLog) => ({
  seen,
  log,
  leaseMs: 1000,
  wait: async () => {},
});

test('a delivery is acted on once, and again when acting on it failed', async () => {
  const seen = createMemorySeenDeliveries();
  let acted = 0;
  const fail = () => Promise.reject(new Error('ill'));
  await expect(onceDelivered(once(seen), 'a', fail)).rejects.toThrow('ill');
  const act = async (): Promise<void> => {
    acted += 1;
  };
  expect(await onceDelivered(once(seen), 'a', act)).toBe(true);
  expect(await onceDelivered(once(seen), 'a', act)).toBe(false);
  expect(await onceDelivered(once(seen), 'b', act)).toBe(true);
  expect(acted).toBe(2);
});

test('what somebody else is at is left to them when they finish', async () => {
  const seen = createMemorySeenDeliveries();
  await seen.take('a', 1000);
  let looked = 0;
  const wait = async () => {
    looked += 1;
    if (looked === 2) await seen.finish('a');
  };
  expect(await onceDelivered({ ...once(seen), wait }, 'a', () => Promise.reject(new Error('twice')))).toBe(
    false,
  );
});

test('what somebody else never finishes is acted on when their time is over', async () => {
  const seen = createMemorySeenDeliveries();
  await seen.take('a', 1000);
  let waited = 0;
  const wait = async (ms: number) => {
    waited += ms;
  };
  expect(await onceDelivered({ ...once(seen), wait }, 'a', async () => {})).toBe(true);
  expect(waited).toBe(1000);
});

test('a memory that cannot be reached is done without, and the log says so', async () => {
  const away = () => Promise.reject(new Error('connection refused'));
  const lines: object[] = [];
  const log = { ...silentLog, warn: (fields: object) => void lines.push(fields) };
  const seen = { take: away, finish: away, release: away };
  let acted = 0;
  const act = async () => {
    acted += 1;
  };
  expect(await onceDelivered(once(seen, log), 'a', act)).toBe(true);
  expect(acted).toBe(1);
  expect(lines).toContainEqual(
    expect.objectContaining({ event: 'seen_deliveries', message: 'connection refused' }),
  );
});
