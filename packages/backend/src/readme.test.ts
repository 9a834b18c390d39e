import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BOT_VARIABLES } from './bots/choose-bot.js';
import { VARIABLES } from './env.js';
import { ERROR_STATUS } from './errors.js';
import { SERVER_VARIABLES } from './hosts/server-environment.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README’s tables hold every code that is answered, with its status', () => {
  const rows = [...readme.matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map(([, status, code]) => [
    code,
    Number(status),
  ]);
  const { port_in_use: _neverAnswered, ...answered } = ERROR_STATUS;
  expect(Object.fromEntries(rows)).toEqual(answered);
  expect(rows).toHaveLength(Object.keys(answered).length);
});

test('the README’s table holds every variable that is read', () => {
  const environment = readme.split(/^## /m).find((part) => part.startsWith('Environment')) ?? '';
  const cells = [...environment.matchAll(/^\| (.+?) \|/gm)].map(([, cell]) => cell ?? '');
  const variables = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
  expect(variables.sort()).toEqual([...VARIABLES, ...SERVER_VARIABLES, ...BOT_VARIABLES].sort());
});
