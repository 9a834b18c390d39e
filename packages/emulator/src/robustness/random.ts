import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Draws that are the same every time for the same seed. */
export interface Random {
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** One of `choices`, as often as its weight says. */
  weighted<T extends string>(choices: Readonly<Partial<Record<T, number>>>): T;
}

export function randomOf(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const between = (least: number, most: number): number => uniformInt(generator, least, most);
  return {
    between,
    weighted<T extends string>(choices: Readonly<Partial<Record<T, number>>>): T {
      const entries = Object.entries(choices) as [T, number][];
      let left = between(
        1,
        entries.reduce((sum, [, weight]) => sum + weight, 0),
      );
      for (const [choice, weight] of entries) {
        left -= weight;
        if (left <= 0) return choice;
      }
      throw new Error('There was nothing to choose from');
    },
  };
}
