import type { Config } from '../config.js';
import { createMemoryKnownVisitors, type KnownVisitors } from '../known-visitors.js';
import { createMemoryLimits, type Limits, ratesFor } from '../rate-limit.js';
import { createMemorySeenDeliveries, type SeenDeliveries } from '../seen-deliveries.js';
import type { Redis } from './redis.js';
import { createRedisKnownVisitors } from './redis-known-visitors.js';
import { createRedisLimits } from './redis-limits.js';
import { createRedisSeenDeliveries } from './redis-seen-deliveries.js';

/** What servers of one service have in common. */
export interface SharedStores {
  limits: Limits;
  knownVisitors: KnownVisitors;
  seenDeliveries: SeenDeliveries;
}

/** All of it in Redis, each with this server's own memory for the time that Redis is away. */
export function createSharedStores(options: {
  redis: Redis;
  config: Pick<Config, 'serviceSid' | 'newIdentitiesPerHour'>;
  /** Milliseconds; for the memory alone. */
  now: () => number;
}): SharedStores {
  const { redis, config, now } = options;
  const prefix = `cwc:${config.serviceSid}:`;
  const rates = ratesFor(config);
  return {
    limits: createRedisLimits({ redis, prefix, rates, fallback: createMemoryLimits({ now, rates }) }),
    knownVisitors: createRedisKnownVisitors({ redis, prefix, memory: createMemoryKnownVisitors() }),
    seenDeliveries: createRedisSeenDeliveries({ redis, prefix, memory: createMemorySeenDeliveries() }),
  };
}
