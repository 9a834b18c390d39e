import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMemoryKnownVisitors } from '../known-visitors.js';
import { silentLog } from '../log.js';
import { limitsContract } from '../rate-limit.contract.js';
import { createMemoryLimits, type LimitedBy, type Rate, ratesFor } from '../rate-limit.js';
import { createMemorySeenDeliveries } from '../seen-deliveries.js';
import { type RedisServer, startRedis } from '../testing/redis-server.js';
import { connectRedis, type Redis } from './redis.js';
import { createRedisKnownVisitors } from './redis-known-visitors.js';
import { createRedisLimits } from './redis-limits.js';
import { createRedisSeenDeliveries } from './redis-seen-deliveries.js';

const RATES = ratesFor({ newIdentitiesPerHour: 1000 });
const nobody = { take: () => Promise.reject(new Error('Redis was to answer')) };

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url, log: silentLog });
  await redis.settled;
});
afterAll(async () => {
  redis.close();
  await server.kill();
});
beforeEach(() => redis.ask((client) => client.flushAll()));

let stores = 0;
function create(options: { now?: () => number; rates?: Partial<Record<LimitedBy, Rate>> } = {}) {
  stores += 1;
  return createRedisLimits({
    redis,
    prefix: `test${stores}:`,
    fallback: nobody,
    ...options,
    rates: { ...RATES, ...options.rates },
  });
}

limitsContract('in Redis', create);

test('a bucket in Redis counts to the millisecond as one in memory does', async () => {
  const rate = fc.record({
    perMinute: fc.integer({ min: 1, max: 700 }),
    burst: fc.integer({ min: 1, max: 5 }),
  });
  const steps = fc.array(fc.tuple(fc.integer({ min: -5_000, max: 20_000 }), fc.constantFrom('a', 'b')), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(rate, steps, async (ip, taken) => {
      let at = 1e12;
      const options = { now: () => at, rates: { ip } };
      const [inRedis, inMemory] = [create(options), createMemoryLimits(options)];
      for (const [later, key] of taken) {
        at += later;
        expect(await inRedis.take('ip', key)).toBe(await inMemory.take('ip', key));
      }
    }),
    { numRuns: 40 },
  );
});

test('the clock of Redis refills a bucket', async () => {
  const limits = create({ rates: { ip: { perMinute: 600, burst: 1 } } });
  expect(await limits.take('ip', 'a')).toBe(0);
  expect(await limits.take('ip', 'a')).toBe(1);
  await vi.waitFor(async () => expect(await limits.take('ip', 'a')).toBe(0), {
    timeout: 5_000,
    interval: 20,
  });
});

test('a bucket is forgotten once it would be full again, and names nobody', async () => {
  const limits = create({ rates: { identity: { perMinute: 60, burst: 2 } } });
  await limits.take('identity', 'somebody');
  const keys = (await redis.ask((client) => client.keys('*')))?.answer ?? [];
  expect(keys).toHaveLength(1);
  expect(keys[0]).not.toContain('somebody');
  const left = await redis.ask((client) => client.pTTL(keys[0]!));
  expect(left?.answer).toBeGreaterThan(1_000);
  expect(left?.answer).toBeLessThanOrEqual(2_000);
});

test('scripts that Redis forgot are told to it again', async () => {
  const limits = create({ rates: { ip: { perMinute: 1, burst: 1 } } });
  await limits.take('ip', 'a');
  await redis.ask((client) => client.scriptFlush());
  expect(await limits.take('ip', 'a')).toBe(60);
});

describe('known visitors in Redis', () => {
  const known = () =>
    createRedisKnownVisitors({ redis, prefix: 'test:', memory: createMemoryKnownVisitors() });

  test('are known to another server, for thirty days after they last came', async () => {
    await known().add('a');
    const other = known();
    expect([await other.has('a'), await other.has('b')]).toEqual([true, false]);

    const key = (await redis.ask((client) => client.keys('*')))?.answer[0] ?? '';
    expect(key).not.toContain('a-');
    await redis.ask((client) => client.expire(key, 60));
    await other.has('a');
    expect((await redis.ask((client) => client.ttl(key)))?.answer).toBeGreaterThan(29 * 24 * 3600);
  });

  test('are known to a server that saw them, though Redis forgot', async () => {
    const server = known();
    await server.add('a');
    await redis.ask((client) => client.flushAll());
    expect([await server.has('a'), await known().has('a')]).toEqual([true, false]);
  });
});

describe('seen deliveries in Redis', () => {
  const server = () =>
    createRedisSeenDeliveries({ redis, prefix: 'test:', memory: createMemorySeenDeliveries() });

  test('are taken by one server, and done for all', async () => {
    const [one, other] = [server(), server()];
    expect(await one.take('a', 60_000)).toBe('taken');
    expect([await one.take('a', 60_000), await other.take('a', 60_000)]).toEqual(['busy', 'busy']);
    expect(await other.take('b', 60_000)).toBe('taken');
    await one.finish('a');
    expect([await one.take('a', 60_000), await other.take('a', 60_000)]).toEqual(['done', 'done']);
  });

  test('can be taken again once they were given back, or when their lease is over', async () => {
    const [one, other] = [server(), server()];
    await one.take('a', 60_000);
    await one.release('a');
    expect(await other.take('a', 1)).toBe('taken');
    await vi.waitFor(async () => expect(await one.take('a', 60_000)).toBe('taken'));
    // The other's lease ran out: what it gives back is not its own any more.
    await other.release('a');
    expect(await other.take('a', 60_000)).toBe('busy');
  });
});
