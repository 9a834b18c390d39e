import { describe, expect, it } from 'vitest';
import { killRun } from './kill.js';
import { killScheduleOf } from './schedule.js';

/** `KILL_RUNS=10` for 50 kills and more; `KILL_SEED=3` to see one seed again. */
const { KILL_RUNS = '2', KILL_SEED } = process.env;
const seeds = KILL_SEED === undefined ? [...Array(Number(KILL_RUNS)).keys()] : [Number(KILL_SEED)];
const kills = 5;

describe('an emulator that is killed while clients write', () => {
  it.each(seeds)(
    `keeps all it acknowledged and nothing by halves, and its clients go on (seed %i, ${kills} kills)`,
    async (seed) => {
      const complaints = await killRun(seed, kills);
      expect(complaints, JSON.stringify(killScheduleOf(seed, kills))).toEqual([]);
    },
    120_000,
  );
});
