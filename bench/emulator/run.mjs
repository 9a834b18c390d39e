// `npm run bench`: what the emulator does beside a bare socket server, in one run. See ../README.md.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { median, table } from '../table.mjs';
import { openFileLimit } from './open-files.mjs';
import { acknowledged, fanOut, openSockets, paging, storm } from './scenes.mjs';
import { startBare, startEmulator } from './subjects.mjs';

const usage = `npm run bench -- [--rounds 3] [--small] [--only SCENE,SCENE] [--build NAME=FILE]… [--json FILE]

  --rounds  how often each scene runs for each server, in turn (default 3)
  --small   tiny sizes: shows that everything runs, measures nothing
  --only    acknowledged, fanOut, paging, storm, openSockets
  --build   another build of the emulator to put beside this one: its name and its index.js
  --json    where the figures go as JSON (default: after the table)`;

/** Each scene, with its sizes and the figure that servers are compared by. */
const scenes = {
  acknowledged: {
    title: 'Acknowledged messages, chats of two, 100 sockets with one message under way each',
    play: acknowledged,
    size: { sockets: 100, warmUp: 2, seconds: 5 },
    small: { sockets: 4, warmUp: 0.1, seconds: 0.3 },
    compare: 'messagesPerSecond',
  },
  fanOut: {
    title: 'One conversation of 100: from the send to the last of 100 sockets',
    play: fanOut,
    size: { participants: 100, messages: 300 },
    small: { participants: 5, messages: 5 },
    compare: 'pushesPerSecond',
  },
  paging: {
    title: 'History of 10,000 messages, back in pages of 100',
    play: paging,
    size: { messages: 10_000, page: 100 },
    small: { messages: 50, page: 20 },
    compare: 'messagesPerSecond',
  },
  storm: {
    title: '1,000 sockets come back at once, each to a message it missed',
    play: storm,
    size: { sockets: 1000, perConversation: 10 },
    small: { sockets: 20, perConversation: 5 },
    compare: 'allBackMilliseconds',
  },
  openSockets: {
    title: '5,000 sockets open and answered',
    play: openSockets,
    size: { sockets: 5000 },
    small: { sockets: 20 },
    compare: 'heapBytesPerSocket',
  },
};

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    small: { type: 'boolean', default: false },
    only: { type: 'string' },
    build: { type: 'string', multiple: true, default: [] },
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

const servers = [
  { name: 'emulator', start: () => startEmulator() },
  ...values.build.map((given) => {
    const [name, file] = given.split('=');
    return { name: name ?? given, start: () => startEmulator(file) };
  }),
  { name: 'bare ws', start: startBare },
];

const needed = values.small ? 200 : scenes.openSockets.size.sockets + 200;
const limit = openFileLimit();
if (chosen.includes('openSockets') && limit < needed) {
  console.error(
    `This shell allows ${limit} open files, and ${needed} are needed for the sockets: run \`ulimit -n ${needed}\` first.`,
  );
  process.exit(2);
}

const rounds = values.small ? 1 : Number(values.rounds);
const report = {
  date: new Date().toISOString(),
  node: process.version,
  cores: cpus().length,
  rounds,
  scenes: {},
};
let missing = 0;
for (const name of chosen) {
  const { title, play, size, small, compare } = scenes[name];
  /** @type {Record<string, Record<string, number>[]>} */
  const results = Object.fromEntries(servers.map((server) => [server.name, []]));
  // In turn, and every other round the other way: what slows the machine for a while slows everybody.
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % 2 === 0 ? servers : [...servers].reverse();
    for (const server of turn) {
      const subject = await server.start();
      try {
        results[server.name]?.push(await play(subject, values.small ? small : size));
      } finally {
        await subject.stop();
      }
    }
  }
  const medians = Object.fromEntries(
    Object.entries(results).map(([server, runs]) => [
      server,
      Object.fromEntries(
        Object.keys(runs[0] ?? {}).map((figure) => [
          figure,
          // A message lost in one run of many is lost.
          figure === 'missing'
            ? runs.reduce((sum, run) => sum + (run.missing ?? 0), 0)
            : median(runs.map((run) => run[figure] ?? Number.NaN)),
        ]),
      ),
    ]),
  );
  for (const figures of Object.values(medians)) missing += figures.missing ?? 0;
  report.scenes[name] = { title, size: values.small ? small : size, medians, runs: results };
  console.log(table(title, medians, compare));
}
const json = JSON.stringify(report);
if (values.json) writeFileSync(values.json, `${json}\n`);
else console.log(json);
if (missing > 0) {
  console.error(`${missing} messages, pushes or sockets were lost`);
  process.exitCode = 1;
}
