import { createHash } from 'node:crypto';
import type { LimitedBy, Limits, Rate } from '../rate-limit.js';
import type { Redis } from './redis.js';

/**
 * One bucket, with the arithmetic of the buckets in memory. Its level is counted in milliseconds; a bucket that would be
 * full again is one that nobody has to remember. `TIME` is the one clock that all servers share.
 */
const TAKE = `
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local cost, full = tonumber(ARGV[1]), tonumber(ARGV[2])
local before = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = math.min(full, (tonumber(before[1]) or full) + math.max(0, now - (tonumber(before[2]) or now)))
local wait = 0
if level >= cost then level = level - cost else wait = math.ceil((cost - level) / 1000) end
redis.call('HSET', KEYS[1], 'level', string.format('%.17g', level), 'at', string.format('%.17g', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(full - level) + 1000)
return wait`;
const TAKE_SHA1: string = createHash('sha1').update(TAKE).digest('hex');

/**
 * Token buckets that several servers share. While Redis is away each server counts by the `fallback`, its own memory:
 * the service is then as strict as before towards each of them, and neither open to everybody nor closed.
 */
export function createRedisLimits(options: {
  redis: Redis;
  /** Begins every key. */
  prefix: string;
  rates: Readonly<Record<LimitedBy, Rate>>;
  fallback: Limits;
  /** Milliseconds. Default: the clock of Redis. */
  now?: () => number;
}): Limits {
  const { redis, prefix, rates, fallback, now } = options;

  return {
    async take(bucket, key) {
      const { perMinute, burst } = rates[bucket];
      const cost = 60_000 / perMinute;
      const call = {
        keys: [`${prefix}${bucket}:${digest(key)}`],
        arguments: [String(cost), String(burst * cost), now ? String(now()) : ''],
      };
      const taken = await redis.ask((client) =>
        client.evalSha(TAKE_SHA1, call).catch((error: unknown) => {
          // A Redis that was started again has forgotten its scripts.
          if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return client.eval(TAKE, call);
          throw error;
        }),
      );
      return taken === null ? await fallback.take(bucket, key) : Number(taken.answer);
    },
  };
}

/** Who looks into Redis need not see who visits, and no key is longer than another. */
export function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 22);
}
