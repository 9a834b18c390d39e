import type { KnownVisitors } from '../known-visitors.js';
import type { Redis } from './redis.js';
import { digest } from './redis-limits.js';

const REMEMBERED_S = 30 * 24 * 3600;

/**
 * Remembers visitors for thirty days after their last call, for several servers. Each keeps its own memory beside it,
 * which answers for those it has seen itself and while Redis is away.
 */
export function createRedisKnownVisitors(options: {
  redis: Redis;
  /** Begins every key. */
  prefix: string;
  memory: KnownVisitors;
}): KnownVisitors {
  const { redis, prefix, memory } = options;
  const keyOf = (identity: string): string => `${prefix}known:${digest(identity)}`;

  return {
    async has(identity) {
      // Asked even where the memory knows: it is the call that keeps the visitor remembered.
      const prolonged = await redis.ask((client) => client.expire(keyOf(identity), REMEMBERED_S));
      return (await memory.has(identity)) || prolonged?.answer === 1;
    },
    async add(identity) {
      await memory.add(identity);
      await redis.ask((client) =>
        client.set(keyOf(identity), '1', { expiration: { type: 'EX', value: REMEMBERED_S } }),
      );
    },
  };
}
