import { expect, test } from 'vitest';
import { liveMany, tally } from '../robustness/live-many.js';

test('a thousand lives over a lossy link, in two tabs', { timeout: 60 * 60_000 }, async () => {
  const count = Number(process.env.LOSSY_RUNS ?? 1_000);
  const first = Number(process.env.LOSSY_SEED ?? 1_000);
  const outcome = await liveMany({ first, count, width: 16, tabs: 2 });
  process.stdout.write(tally(outcome));
  expect(outcome.failures).toEqual([]);
});
