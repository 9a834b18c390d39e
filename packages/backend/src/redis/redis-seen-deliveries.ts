import { randomUUID } from 'node:crypto';
import type { SeenDeliveries } from '../seen-deliveries.js';
import type { Redis } from './redis.js';
import { digest } from './redis-limits.js';

/** Twice as long as a delivery stays fresh. */
const REMEMBERED_S = 30 * 60;
/** Gives back only what is one's own: a lease that ran out may be somebody else's by now. */
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/**
 * Tells several servers which deliveries are being acted on and which are done. Each keeps its own memory beside it,
 * which answers for what it did itself and while Redis is away.
 */
export function createRedisSeenDeliveries(options: {
  redis: Redis;
  /** Begins every key. */
  prefix: string;
  memory: SeenDeliveries;
}): SeenDeliveries {
  const { redis, prefix, memory } = options;
  const own = randomUUID();
  const keyOf = (id: string): string => `${prefix}delivery:${digest(id)}`;

  return {
    async take(id, leaseMs) {
      const here = await memory.take(id, leaseMs);
      if (here !== 'taken') return here;
      const lease = { condition: 'NX', expiration: { type: 'PX', value: leaseMs } } as const;
      const leased = await redis.ask((client) => client.set(keyOf(id), own, lease));
      if (leased === null || leased.answer !== null) return 'taken';
      const before = (await redis.ask((client) => client.get(keyOf(id))))?.answer ?? null;
      if (before === 'done') {
        await memory.finish(id);
        return 'done';
      }
      await memory.release(id);
      return 'busy';
    },
    async finish(id) {
      await memory.finish(id);
      const expiration = { type: 'EX', value: REMEMBERED_S } as const;
      await redis.ask((client) => client.set(keyOf(id), 'done', { expiration }));
    },
    async release(id) {
      await memory.release(id);
      await redis.ask((client) => client.eval(RELEASE, { keys: [keyOf(id)], arguments: [own] }));
    },
  };
}
