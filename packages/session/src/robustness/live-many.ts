import fc from 'fast-check';
import { liveFaster } from './fast-time.js';
import { live } from './lossy-life.js';
import { type Life, lives } from './lossy-steps.js';
import { pastFailures } from './past-failures.js';

/** How much faster than the clock on the wall these lives are lived. */
const HASTE = 10;

export interface Outcome {
  lived: number;
  failures: string[];
  /** What befell them, and how often. */
  met: ReadonlyMap<string, number>;
}

/**
 * Lives those that went wrong once, and then the lives of the seeds from `first` on, `width` at a time. A failure is
 * printed when it happens, with the seed that lives it again.
 */
export async function liveMany(options: {
  first: number;
  count: number;
  width: number;
  tabs?: 1 | 2 | undefined;
}): Promise<Outcome> {
  const tabs = options.tabs && { tabs: options.tabs };
  const met = new Map<string, number>();
  const count = (what: string): void => void met.set(what, (met.get(what) ?? 0) + 1);
  const failures: string[] = [];
  const seeds = Array.from({ length: options.count }, (_, place) => options.first + place);
  const queue = [
    ...pastFailures.map(({ was, life }) => ({ name: `what was once “${was}”`, life })),
    ...seeds.map((seed) => {
      const life = { ...lifeOf(seed), ...tabs };
      return { name: `LOSSY_SEED=${seed} LOSSY_TABS=${life.tabs}`, life };
    }),
  ];
  const lived = queue.length;
  const slower = liveFaster(HASTE);
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { name, life } = next;
      count('steps');
      met.set('steps', (met.get('steps') ?? 0) + life.steps.length - 1);
      const wrongs = await live(life, count).catch((error: unknown) => [String(error)]);
      if (wrongs.length === 0) continue;
      failures.push(`${name}: ${wrongs.join('; ')}\n${JSON.stringify(life)}`);
      process.stderr.write(`${failures.at(-1)}\n`);
      if (process.env.LOSSY_SHRINK) process.stderr.write(`${JSON.stringify(await shortest(life))}\n`);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.width }, lane));
  } finally {
    slower();
  }
  return { lived, failures, met };
}

function lifeOf(seed: number): Life {
  const [life] = fc.sample(lives, { seed, numRuns: 1 });
  if (!life) throw new Error('There is no such life.');
  return life;
}

/** One line for each thing that befell them. */
export function tally({ lived, met }: Outcome): string {
  const lines = [...met].sort(([one], [other]) => (one < other ? -1 : 1));
  return [`lives: ${lived}`, ...lines.map(([what, times]) => `${what}: ${times}`), ''].join('\n');
}

/** Leaves out what is not needed for a failure. What depends on a race may need another try, so each gets three. */
async function shortest(life: Life): Promise<Life> {
  const fails = async (tried: Life): Promise<boolean> => {
    for (let turn = 0; turn < 3; turn += 1) if ((await live(tried, () => {})).length > 0) return true;
    return false;
  };
  let { steps } = life;
  for (let size = Math.ceil(steps.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < steps.length; ) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await fails({ ...life, steps: fewer })) steps = fewer;
      else at += size;
    }
  }
  return { ...life, steps };
}
