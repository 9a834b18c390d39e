import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium, installChromium } from './chromium.mjs';
import { fingerprint } from './fingerprint.mjs';

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

describe('the search for Chromium', () => {
  it('takes what CHROMIUM_PATH says, and nothing else when that is wrong', () => {
    const browser = path.join(folder, 'my-browser');
    writeFileSync(browser, '');
    expect(findChromium({ CHROMIUM_PATH: browser })).toBe(browser);
    expect(findChromium({ CHROMIUM_PATH: path.join(folder, 'nothing'), PATH: process.env.PATH })).toBeNull();
  });

  it('finds a browser by its usual names on the PATH', () => {
    const browser = path.join(folder, 'chromium');
    writeFileSync(browser, '');
    expect(findChromium({ PATH: folder })).toBe(browser);
  });

  it('says in a sentence that CHROMIUM_PATH is wrong', () => {
    const said: string[] = [];
    const installed = installChromium(
      () => false,
      (line) => said.push(line),
      { CHROMIUM_PATH: '/no/such/browser' },
    );
    expect(installed).toBe(false);
    expect(said.join('\n')).toContain('CHROMIUM_PATH says /no/such/browser, and there is no file.');
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
