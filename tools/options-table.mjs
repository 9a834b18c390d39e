// The options table of the README comes from the widget's own table. `--check` only tells whether it is current.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { optionsTable } from '../packages/widget/options-table.mjs';

const readme = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'README.md');
const begin = '<!-- options table: made by tools/options-table.mjs -->\n';
const end = '<!-- end of options table -->';

const text = readFileSync(readme, 'utf8');
const from = text.indexOf(begin);
const to = text.indexOf(end);
if (from < 0 || to < 0) {
  console.error('README.md has lost the marks between which the options table stands.');
  process.exit(1);
}
const current = `${text.slice(0, from + begin.length)}\n${await optionsTable()}\n${text.slice(to)}`;
if (current === text) {
  console.log('The options table of the README is current.');
} else if (process.argv.includes('--check')) {
  console.error(
    'The options table of the README is stale: run node tools/options-table.mjs and commit the change.',
  );
  process.exit(1);
} else {
  writeFileSync(readme, current);
  console.log('The options table of the README was written anew.');
}
