// Runs every check in turn, even after one has failed, and ends with the line that counts them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = path.join(root, 'node_modules/.bin');
const reports = path.join(root, '.cache');

const types = [
  'packages/session/tsconfig.json',
  'packages/session/tsconfig.browser.json',
  'packages/session/tsconfig.test.json',
  'packages/widget/tsconfig.json',
  'packages/backend/tsconfig.json',
  'packages/emulator/tsconfig.json',
  'packages/cli/tsconfig.json',
  'e2e/tsconfig.json',
  'examples/headless/tsconfig.json',
  'tools/tsconfig.json',
];

/** Name, command, arguments; for test runners the name of the report that counts single tests. */
const checks = [
  ['format', 'biome', ['format', '.']],
  ['lint and import walls', 'biome', ['lint', '--error-on-warnings', '.']],
  ...types.map((project) => [`types of ${project.replace(/\/tsconfig\.json$/, '')}`, 'tsc', ['-p', project]]),
  ['dependency walls', 'knip', ['--no-progress']],
  ['sizes', 'size-limit', []],
  ['loader and bundles', process.execPath, ['packages/widget/check-build.mjs']],
  ['options table', process.execPath, ['tools/options-table.mjs', '--check']],
  ['unit', 'vitest', ['run', '--project', 'unit'], { suite: 'unit' }],
  ['SDK conformance', 'vitest', ['run', '--project', 'conformance'], { suite: 'conformance' }],
  ['robustness', 'vitest', ['run', '--project', 'robustness'], { suite: 'robustness' }],
  ['browser', 'vitest', ['run', '--project', 'browser'], { suite: 'browser' }],
];

/** Takes minutes: only where it is asked for by name. */
const long = [['long', 'vitest', ['run', '--project', 'long'], { suite: 'long' }]];

const only = process.argv.slice(2);
const means = (word, [name, tool]) => name.includes(word) || tool === word;
const all = [...checks, ...long];
const chosen = only.length === 0 ? checks : all.filter((check) => only.some((word) => means(word, check)));
const idle = only.find((word) => !chosen.some((check) => means(word, check)));
if (idle !== undefined) {
  // A misspelt name would otherwise run nothing and pass.
  console.error(`No check is called "${idle}". They are: ${all.map(([name]) => name).join(', ')}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const failures = [];
mkdirSync(reports, { recursive: true });

for (const [name, command, args, { suite } = {}] of chosen) {
  const began = Date.now();
  console.log(`\n── ${name}`);
  const report = path.join(reports, `${suite}.json`);
  if (suite) rmSync(report, { force: true });
  const extra = suite ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];
  const program = path.isAbsolute(command) ? command : path.join(bin, command);
  const result = spawnSync(program, [...args, ...extra], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const ok = result.status === 0;
  const counts = suite && existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
  passed += counts ? counts.numPassedTests : Number(ok);
  // A file that did not load has no tests to count, and a runner may fail after its last test: neither may pass.
  const broken = counts ? Math.max(counts.numFailedTests, Number(!ok)) : Number(!ok);
  failed += broken;
  if (broken) failures.push(name);
  console.log(`── ${name}: ${ok ? 'ok' : 'FAILED'} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
