import type { Random } from './random.js';

export type Distribution = 'uniform' | 'normal' | 'exponential';

/** How long frames are held back: around `ms`, spread by `jitter` as the distribution says. */
export interface Latency {
  ms: number;
  jitter: number;
  distribution: Distribution;
}

export const longestDelay = 60_000;

/**
 * One draw, in milliseconds. `uniform` is ms ± jitter; `normal` has jitter as its standard deviation; `exponential`
 * is ms and a tail of jitter on average, as queues in networks make it.
 */
export function drawLatency({ ms, jitter, distribution }: Latency, random: Random): number {
  if (jitter === 0) return ms;
  return Math.min(longestDelay, Math.max(0, ms + jitter * spread[distribution](random)));
}

const spread: Readonly<Record<Distribution, (random: Random) => number>> = {
  uniform: (random) => 2 * random.next() - 1,
  // Box and Muller's; 1 - u, for the logarithm of 0 is none.
  normal: (random) => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  exponential: (random) => -Math.log(1 - random.next()),
};
