import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** The one source of chance of all faults: the same seed and the same orders draw the same numbers again. */
export interface Random {
  readonly seed: number;
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number;
  reseed(seed: number): void;
}

export const usualSeed = 1;

export function createRandom(seed: number = usualSeed): Random {
  let current = seed;
  let generator = xoroshiro128plus(seed);
  const next = (): number => uniformFloat64(generator);
  return {
    get seed() {
      return current;
    },
    next,
    below: (count) => Math.floor(next() * count),
    reseed(fresh) {
      current = fresh;
      generator = xoroshiro128plus(fresh);
    },
  };
}
