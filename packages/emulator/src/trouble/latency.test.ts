import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Distribution, drawLatency, longestDelay } from './latency.js';
import { createRandom } from './random.js';

const distributions = ['uniform', 'normal', 'exponential'] as const;
const drawMany = (ms: number, jitter: number, distribution: Distribution): number[] => {
  const random = createRandom(7);
  return Array.from({ length: 5_000 }, () => drawLatency({ ms, jitter, distribution }, random));
};
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

it('latency stays within what a socket can be held, whatever is asked', () => {
  const asked = fc.record({
    ms: fc.nat(longestDelay),
    jitter: fc.nat(longestDelay),
    distribution: fc.constantFrom(...distributions),
  });
  fc.assert(
    fc.property(asked, fc.nat(), (latency, seed) => {
      const drawn = drawLatency(latency, createRandom(seed));
      expect(drawn).toBeGreaterThanOrEqual(0);
      expect(drawn).toBeLessThanOrEqual(longestDelay);
    }),
  );
});

it('latency is spread as its distribution says, and the same again from the same seed', () => {
  expect(mean(drawMany(1000, 300, 'uniform'))).toBeCloseTo(1000, -2);
  expect(Math.min(...drawMany(1000, 300, 'uniform'))).toBeGreaterThanOrEqual(700);
  expect(Math.max(...drawMany(1000, 300, 'uniform'))).toBeLessThanOrEqual(1300);
  const normal = drawMany(1000, 100, 'normal');
  expect(mean(normal)).toBeCloseTo(1000, -2);
  expect(Math.sqrt(mean(normal.map((value) => (value - 1000) ** 2)))).toBeCloseTo(100, -1);
  expect(Math.min(...drawMany(1000, 300, 'exponential'))).toBeGreaterThanOrEqual(1000);
  expect(mean(drawMany(1000, 300, 'exponential'))).toBeCloseTo(1300, -2);
  for (const distribution of distributions) {
    expect(drawMany(50, 20, distribution)).toEqual(drawMany(50, 20, distribution));
  }
});
