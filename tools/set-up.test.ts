import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium, installChromium } from './chromium.mjs';
import { fingerprint } from './fingerprint.mjs';
import { installProgram } from './program.mjs';
import { findRedis, installRedis } from './redis.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'set-up-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the set-up', () => {
  it.each(['0.12.18', '12.22.0', '18.20.8', '20.18.3'])(
    'tells Node %s in a sentence that it is too old',
    (version) => {
      const pretend = path.join(folder, 'pretend.cjs');
      writeFileSync(pretend, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
      const run = spawnSync(
        process.execPath,
        ['--require', pretend, path.join(here, 'set-up.cjs'), 'start'],
        {
          encoding: 'utf8',
        },
      );
      expect(run.status).toBe(1);
      expect(run.stderr).toBe(
        `Conversations Web Chat needs Node 20.19 or newer; this is Node ${version}. ` +
          'Install a newer Node (https://nodejs.org) and run the command again.\n',
      );
    },
  );

  it('has a first file that even the oldest Node can read', () => {
    const source = readFileSync(path.join(here, 'set-up.cjs'), 'utf8');
    const asWritten = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ESNext },
    }).outputText;
    const asEs5 = ts.transpileModule(source, { compilerOptions: { target: ts.ScriptTarget.ES5 } }).outputText;
    expect(asEs5.replace(/\s+/g, '')).toBe(asWritten.replace(/\s+/g, ''));
    // The one newer thing that the compiler does not mind.
    expect(source).not.toMatch(/,\s*\)/);
  });

  it('refuses a purpose it does not know', () => {
    const run = spawnSync(process.execPath, [path.join(here, 'set-up.mjs'), 'fly'], { encoding: 'utf8' });
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('unknown purpose "fly"');
  });
});

describe('the checks', () => {
  it('do not pass under a name that none of them has', () => {
    const run = spawnSync(process.execPath, [path.join(here, 'test.mjs'), 'lnit'], { encoding: 'utf8' });
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('No check is called "lnit". They are: format, lint');
  });
});

describe.each([
  ['Chromium', 'CHROMIUM_PATH', 'chromium', findChromium, installChromium],
  ['Redis', 'REDIS_SERVER_PATH', 'redis-server', findRedis, installRedis],
] as const)('the search for %s', (_what, variable, usualName, find, install) => {
  it(`takes what ${variable} says, and nothing else when that is wrong`, () => {
    const program = path.join(folder, 'my-own');
    writeFileSync(program, '');
    expect(find({ [variable]: program })).toBe(program);
    expect(find({ [variable]: path.join(folder, 'nothing'), PATH: process.env.PATH })).toBeNull();
  });

  it('finds the program by its usual name on the PATH', () => {
    const program = path.join(folder, usualName);
    writeFileSync(program, '');
    expect(find({ PATH: folder })).toBe(program);
  });

  it(`says in a sentence that ${variable} is wrong`, () => {
    const said: string[] = [];
    const ran: string[] = [];
    const run = (command: string) => ran.push(command) > 0;
    const installed = install(run, (line) => said.push(line), { [variable]: '/no/such/program' });
    expect(installed).toBe(false);
    expect(said.join('\n')).toContain(`${variable} says /no/such/program, and there is no file.`);
    expect(ran).toEqual([]);
  });
});

describe('the search for a program', () => {
  const program = {
    variable: 'RARE_PATH',
    names: ['a-program-that-nobody-has'],
    places: [],
    debianPackage: 'rare',
    need: 'The tests need a rare thing',
    advice: ['Build one.'],
  };

  // Nobody else may install packages, and nobody else is asked to.
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  it.runIf(mayInstall)('installs Debian’s package, and takes what it brought', () => {
    const asked = path.join(folder, 'asked');
    const apt = path.join(folder, 'apt-get');
    const brings = `#!/bin/sh\necho "$@" >> ${asked}\n[ "$1" = install ] && touch ${folder}/${program.names[0]}\n`;
    writeFileSync(apt, brings, { mode: 0o755 });
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    const run = (command: string, args: string[]) => spawnSync(command, args, { env }).status === 0;
    expect(installProgram(program, run, () => {}, env)).toBe(true);
    expect(readFileSync(asked, 'utf8')).toBe('update -qq\ninstall -y -qq --no-install-recommends rare\n');
  });

  it('ends with what to do when the package did not bring it', () => {
    const said: string[] = [];
    const installed = installProgram(
      program,
      () => false,
      (line) => said.push(line),
      {},
    );
    expect(installed).toBe(false);
    expect(said.slice(-2)).toEqual(['\nThe tests need a rare thing, and none was found.', 'Build one.']);
  });
});

describe('the fingerprint of sources', () => {
  it('changes with a file’s content or name, and with nothing else', async () => {
    const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
    write('a.ts', '1');
    const before = await fingerprint(folder, ['.']);
    write('a.ts', '1');
    expect(await fingerprint(folder, ['.'])).toBe(before);
    write('a.ts', '2');
    const changed = await fingerprint(folder, ['.']);
    expect(changed).not.toBe(before);
    write('b.ts', '');
    expect(await fingerprint(folder, ['.'])).not.toBe(changed);
  });
});
