// `npm run bench:token`: what a token costs, by our signer and by the official helper's, in one run. See ../README.md.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startChild } from '../start-child.mjs';
import { median, table } from '../table.mjs';
import { fullLoad, signing, underFlood } from './scenes.mjs';

const usage = `npm run bench:token -- [--rounds 3] [--small] [--only SCENE,SCENE] [--json FILE]

  --rounds  how often each scene runs for each signer, in turn (default 3)
  --small   a second of each: shows that everything runs, measures nothing
  --only    signing, fullLoad, underFlood
  --json    where the figures go as JSON (default: after the table)`;

/** Each scene, with its sizes and the figure that signers are compared by. */
const scenes = {
  signing: {
    title: 'The signer alone',
    play: (_subject, size, args) => signing(args, size),
    size: { seconds: 3 },
    small: { seconds: 0.1 },
    compare: 'tokensPerSecond',
  },
  fullLoad: {
    title: 'Valid calls on 32 connections, one under way each',
    play: fullLoad,
    size: { connections: 32, warmUp: 2, seconds: 5 },
    small: { connections: 4, warmUp: 1, seconds: 1 },
    compare: 'requestsPerSecond',
  },
  underFlood: {
    title: '100 valid calls a second while another process throws invalid ones, 64 under way at any time',
    play: underFlood,
    size: { floodConnections: 64, warmUp: 2, seconds: 10, perSecond: 100 },
    small: { floodConnections: 4, warmUp: 0.5, seconds: 0.5, perSecond: 20 },
    compare: 'p99Milliseconds',
  },
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    small: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const chosen = values.only?.split(',') ?? Object.keys(scenes);
const unknown = chosen.find((name) => !(name in scenes));
if (unknown !== undefined) {
  console.error(`There is no scene "${unknown}".\n\n${usage}`);
  process.exit(2);
}

const server = fileURLToPath(new URL('server.mjs', import.meta.url));
const signers = { ours: [], 'official helper': ['helper'] };
const rounds = values.small ? 1 : Number(values.rounds);
const report = {
  date: new Date().toISOString(),
  node: process.version,
  cores: cpus().length,
  rounds,
  scenes: {},
};
let wrong = 0;
for (const name of chosen) {
  const { title, play, size, small, compare } = scenes[name];
  /** @type {Record<string, Record<string, number>[]>} */
  const results = Object.fromEntries(Object.keys(signers).map((signer) => [signer, []]));
  // In turn, and every other round the other way: what slows the machine for a while slows both.
  for (let round = 0; round < rounds; round += 1) {
    const turn = Object.entries(signers);
    for (const [signer, args] of round % 2 === 0 ? turn : turn.reverse()) {
      const child = await startChild(server, args, { quiet: true });
      try {
        const subject = { ...child.started, usage: child.usage };
        results[signer]?.push(await play(subject, values.small ? small : size, args));
      } finally {
        await child.stop();
      }
    }
  }
  const medians = Object.fromEntries(
    Object.entries(results).map(([signer, runs]) => [
      signer,
      Object.fromEntries(
        Object.keys(runs[0] ?? {}).map((figure) => [
          figure,
          median(runs.map((run) => run[figure] ?? Number.NaN)),
        ]),
      ),
    ]),
  );
  for (const run of Object.values(results).flat()) wrong += (run.failed ?? 0) + (run.letIn ?? 0);
  report.scenes[name] = { title, size: values.small ? small : size, medians, runs: results };
  console.log(table(title, medians, compare));
}
const json = JSON.stringify(report);
if (values.json) writeFileSync(values.json, `${json}\n`);
else console.log(json);
if (wrong > 0) {
  console.error(`${wrong} valid calls failed or invalid ones were not refused`);
  process.exitCode = 1;
}
