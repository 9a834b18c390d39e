// What `npm start`, `npm test` and `npm run emulator` need before they can run: packages installed from the
// lockfile, builds that are not older than their sources, and, for tests, a Chromium and a Redis. All of its own words go to
// stderr, since the emulator's standard output is one line of JSON.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, installChromium } from './chromium.mjs';
import { fingerprint } from './fingerprint.mjs';
import { findRedis, installRedis } from './redis.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const say = (line) => process.stderr.write(`${line}\n`);

/** Each build, what it reads, and where it lands. In order: a build may read what one before it wrote. */
const builds = {
  emulator: { reads: ['packages/emulator/src'], writes: 'packages/emulator/dist' },
  backend: { reads: ['packages/backend/src'], writes: 'packages/backend/dist' },
  session: { reads: ['packages/session/src'], writes: 'packages/session/dist' },
  cli: {
    reads: ['packages/cli/src', 'packages/emulator/src', 'packages/backend/src'],
    writes: 'packages/cli/dist',
  },
  widget: { reads: ['packages/widget', 'packages/session/src'], writes: 'packages/widget/dist' },
  functions: {
    reads: ['packages/backend', 'packages/widget', 'packages/session/src'],
    writes: 'packages/backend/functions/project/dist',
    by: ['build:functions', '-w', 'packages/backend'],
  },
};

const purposes = {
  start: ['emulator', 'backend', 'cli', 'widget'],
  headless: ['emulator', 'backend', 'session', 'cli', 'widget'],
  emulator: ['emulator'],
  backend: ['backend'],
  functions: ['emulator', 'backend', 'cli', 'widget'],
  deploy: ['emulator', 'backend', 'cli', 'widget', 'functions'],
  test: ['emulator', 'backend', 'session', 'cli', 'widget', 'functions'],
};

const purpose = process.argv[2] ?? 'start';
if (!(purpose in purposes)) {
  say(`set-up: unknown purpose "${purpose}"; one of ${Object.keys(purposes).join(', ')}`);
  process.exit(2);
}

function run(command, args) {
  // npm is a script of its own on Windows, which only a shell finds.
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    shell: process.platform === 'win32',
  });
  return result.status === 0;
}

async function installPackages() {
  const stamp = path.join(root, 'node_modules/.set-up-stamp');
  const wanted = await fingerprint(root, ['package-lock.json', '.npmrc']);
  const have = existsSync(stamp) ? await readFile(stamp, 'utf8') : null;
  if (have === wanted) return;
  say(
    have === null
      ? 'Installing packages (once, about a minute) …'
      : 'The lockfile changed: installing packages …',
  );
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    say(
      "\nThe packages could not be installed. The lines above are npm's own; most often the registry was not reached.",
    );
    say('Check the network and run the command again; nothing is left half done.');
    process.exit(1);
  }
  await writeFile(stamp, wanted);
}

async function build(name) {
  const { reads, writes, by = ['build', '-w', `packages/${name}`] } = builds[name];
  const out = path.join(root, writes);
  const stamp = path.join(out, '.built-from');
  const wanted = await fingerprint(root, [
    ...reads,
    'package-lock.json',
    'tsconfig.base.json',
    `packages/${name}/package.json`,
  ]);
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;
  say(`Building ${name} …`);
  // A file whose source is gone would otherwise live on in the build.
  await rm(out, { recursive: true, force: true });
  if (!run('npm', ['run', '--silent', ...by])) {
    say(`\nBuilding ${name} failed; the lines above say why.`);
    process.exit(1);
  }
  await writeFile(stamp, wanted);
}

await installPackages();
for (const name of purposes[purpose]) await build(name);
if (purpose === 'test') {
  if (!findChromium() && !installChromium(run, say)) process.exit(1);
  if (!findRedis() && !installRedis(run, say)) process.exit(1);
}
