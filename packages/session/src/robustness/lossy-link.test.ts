import { expect, test } from 'vitest';
import { liveMany, tally } from './live-many.js';

// LOSSY_SEED and LOSSY_TABS live one life again, LOSSY_RUNS that many; LOSSY_SHRINK looks for the least that fails.
const { LOSSY_SEED, LOSSY_TABS, LOSSY_RUNS } = process.env;
const count = Number(LOSSY_RUNS ?? (LOSSY_SEED === undefined ? 100 : 1));

test('over a lossy link nothing is lost, nothing is shown twice, and it always comes back', {
  timeout: 60_000 + count * 10_000,
}, async () => {
  const tabs = LOSSY_TABS === '1' ? 1 : LOSSY_TABS === '2' ? 2 : undefined;
  const outcome = await liveMany({ first: Number(LOSSY_SEED ?? 1), count, width: 16, tabs });
  if (LOSSY_RUNS) process.stdout.write(tally(outcome));
  expect(outcome.failures).toEqual([]);
});
