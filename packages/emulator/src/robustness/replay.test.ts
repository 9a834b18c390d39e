import { describe, expect, it } from 'vitest';
import { replay } from './replay.js';
import { scheduleOf } from './schedule.js';

/** `REPLAY_RUNS=500` for a long run; `REPLAY_SEED=17` to see one seed again. */
const { REPLAY_RUNS = '100', REPLAY_SEED } = process.env;
const seeds =
  REPLAY_SEED === undefined
    ? Array.from({ length: Number(REPLAY_RUNS) }, (_, seed) => seed)
    : [Number(REPLAY_SEED)];
const atOnce = 8;

describe('clients whose sockets are cut while they write', () => {
  it(
    `end with the same messages, once, in order, equal to the store (${seeds.length} runs)`,
    async () => {
      const left = [...seeds];
      const failures: string[] = [];
      const play = async (): Promise<void> => {
        for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
          const complaints = await replay(seed).catch((error) => [String(error?.stack ?? error)]);
          if (complaints.length === 0) continue;
          failures.push(
            `REPLAY_SEED=${seed}\n${complaints.join('\n')}\nschedule: ${JSON.stringify(scheduleOf(seed))}`,
          );
        }
      };
      await Promise.all(Array.from({ length: atOnce }, play));
      expect(failures.join('\n\n')).toBe('');
    },
    60_000 + seeds.length * 3_000,
  );
});
