import { ServiceError } from './errors.js';
import type { LimitedBy, Limits } from './rate-limit.js';

/** Takes one call out of a bucket, or refuses it with the time after which one more is allowed. */
export async function spend(limits: Limits, bucket: LimitedBy, key: string): Promise<void> {
  const wait = await limits.take(bucket, key);
  if (wait === 0) return;
  throw new ServiceError('rate_limited', `Too many calls. Try again in ${wait} s.`, { retryAfter: wait });
}
