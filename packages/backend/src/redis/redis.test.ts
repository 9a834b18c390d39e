import { afterEach, describe, expect, test, vi } from 'vitest';
import { createMemoryKnownVisitors } from '../known-visitors.js';
import { createMemoryLimits, ratesFor } from '../rate-limit.js';
import { gate } from '../testing/gate.js';
import { type RedisServer, startRedis } from '../testing/redis-server.js';
import { connectRedis, type Redis } from './redis.js';
import { createRedisKnownVisitors } from './redis-known-visitors.js';
import { createRedisLimits } from './redis-limits.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function started(port?: number): Promise<RedisServer> {
  const server = await startRedis(port);
  stops.push(() => server.kill());
  return server;
}

function connected(url: string) {
  const said: string[] = [];
  const say = (_fields: object, message: string) => void said.push(message);
  const redis = connectRedis({ url, log: { info: say, warn: say, error: say } });
  stops.push(() => redis.close());
  const limits = createRedisLimits({
    redis,
    prefix: 'test:',
    rates: { ...ratesFor({ newIdentitiesPerHour: 1000 }), ip: { perMinute: 1, burst: 2 } },
    fallback: createMemoryLimits({ now: () => 0, rates: { ip: { perMinute: 1, burst: 1 } } }),
  });
  return { redis, limits, said };
}

const comesBack = (redis: Redis) =>
  vi.waitFor(() => expect(redis.state()).toBe('up'), { timeout: 10_000, interval: 20 });
const goes = (redis: Redis) =>
  vi.waitFor(() => expect(redis.state()).toBe('away'), { timeout: 10_000, interval: 20 });

describe('Redis that is away', () => {
  test('leaves each server to its own memory, and is used again once it is back', async () => {
    const first = await started();
    const { redis, limits, said } = connected(first.url);
    await redis.settled;
    expect([
      await limits.take('ip', 'a'),
      await limits.take('ip', 'a'),
      await limits.take('ip', 'a'),
    ]).toEqual([0, 0, 60]);

    await first.kill();
    await goes(redis);
    // Neither open nor closed: the one call that the memory allows, and then no more.
    expect([await limits.take('ip', 'a'), await limits.take('ip', 'a')]).toEqual([0, 60]);

    await started(first.port);
    await comesBack(redis);
    expect([
      await limits.take('ip', 'a'),
      await limits.take('ip', 'a'),
      await limits.take('ip', 'a'),
    ]).toEqual([0, 0, 60]);
    expect(said).toEqual([
      expect.stringContaining('Redis is away'),
      expect.stringContaining('Redis is back'),
    ]);
  });

  test('from the start keeps nobody waiting, and is used when it comes', async () => {
    const gone = await startRedis();
    await gone.kill();
    const { redis, limits } = connected(gone.url);
    await redis.settled;
    expect(redis.state()).toBe('away');
    expect([await limits.take('ip', 'a'), await limits.take('ip', 'a')]).toEqual([0, 60]);
    await started(gone.port);
    await comesBack(redis);
    expect(await limits.take('ip', 'a')).toBe(0);
  });

  test('without a word, connections and all, is given up soon and asked again later', async () => {
    const server = await started();
    const { redis, limits, said } = connected(server.url);
    await redis.settled;
    server.freeze();
    expect([await limits.take('ip', 'a'), await limits.take('ip', 'a')]).toEqual([0, 60]);
    expect(redis.state()).toBe('away');
    server.thaw();
    await vi.waitFor(
      async () => {
        await limits.take('ip', 'b');
        expect(redis.state()).toBe('up');
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(said).toEqual([
      expect.stringContaining('Redis is away'),
      expect.stringContaining('Redis is back'),
    ]);
  });

  test('is one that refuses to count, too', async () => {
    const server = await started();
    const { redis, limits, said } = connected(server.url);
    await redis.settled;
    await redis.ask((client) => client.configSet('maxmemory', '1'));
    expect([
      await limits.take('ip', 'a'),
      await limits.take('ip', 'a'),
      await limits.take('ip', 'a'),
    ]).toEqual([0, 60, 60]);
    expect(said).toEqual([expect.stringContaining('Redis is away')]);
  });

  test('and refuses some of what it is asked is told of once, not with every call', async () => {
    const server = await started();
    const { redis, limits, said } = connected(server.url);
    await redis.settled;
    const known = createRedisKnownVisitors({ redis, prefix: 'test:', memory: createMemoryKnownVisitors() });
    await redis.ask((client) => client.configSet('maxmemory', '1'));
    // It still does what needs no memory, such as to prolong a key.
    for (let call = 0; call < 5; call += 1) await Promise.all([limits.take('ip', 'a'), known.has('a')]);
    expect(said).toEqual([expect.stringContaining('Redis is away')]);
    expect(redis.state()).toBe('away');
  });

  test('and answers some calls in time and others not is told of once', async () => {
    const server = await started();
    const said: string[] = [];
    const answer = gate();
    const say = (_fields: object, message: string) => {
      said.push(message);
      answer.open();
    };
    const redis = connectRedis({ url: server.url, log: { info: say, warn: say, error: say } });
    stops.push(() => redis.close());
    await redis.settled;
    const late = redis.ask(() => new Promise<never>(() => {}));
    // Asked before the other was given up, and answered at once then.
    const inTime = redis.ask(() => answer.opened);
    expect(await Promise.all([late, inTime])).toEqual([null, { answer: undefined }]);
    expect(said).toEqual([expect.stringContaining('Redis is away')]);
    expect(redis.state()).toBe('away');
  });
});
