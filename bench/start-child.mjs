import { fork } from 'node:child_process';

/** @typedef {{ rss: number, heapUsed: number, external: number, cpuMicroseconds: number, handles: number, timers: number, listeners: number }} Usage */

/**
 * Starts a script that answers by `child.mjs`, in a process of its own.
 *
 * @param {string} script @param {string[]} [args] @param {{ quiet?: boolean }} [options] quiet: its standard output goes nowhere
 */
export async function startChild(script, args = [], { quiet = false } = {}) {
  const profile = process.env.BENCH_PROFILE;
  const child = fork(script, args, {
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit', 'ipc'],
    execArgv: ['--expose-gc', ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])],
  });
  /** @type {Map<number, (answer: any) => void>} */
  const waiting = new Map();
  let last = 0;
  const ended = new Promise((resolve) => {
    child.once('exit', () => resolve(undefined));
  });
  const started = await new Promise((resolve, reject) => {
    waiting.set(0, resolve);
    child.on('message', (/** @type {any} */ { id, answer }) => {
      waiting.get(id)?.(answer);
      waiting.delete(id);
    });
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
  });
  const ask = (question) =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      child.send({ id: last, ask: question });
    });
  return {
    started,
    usage: () => ask('usage'),
    async stop() {
      await ask('stop');
      await ended;
    },
  };
}
