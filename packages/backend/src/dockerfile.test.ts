import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { readEnvironment } from './env.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const text = readFileSync(join(root, 'packages/backend/Dockerfile'), 'utf8');

/** Instructions with their arguments; a line that ends with a backslash goes on. */
const instructions = text
  .replace(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const [, name = '', rest = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
    return { name, rest };
  });
const last = (name: string): string => instructions.findLast((each) => each.name === name)?.rest ?? '';
const stages = instructions.filter(({ name }) => name === 'FROM');

describe('the Dockerfile', () => {
  test('has nothing that a linter minds', () => {
    const problems = validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`);
    expect(problems).toEqual([]);
    expect(validate('FROM node:22-bookworm-slim\nEXPOSE everywhere')).toHaveLength(1);
  });

  test('runs as somebody who is not root, on an image that is named by its tag', () => {
    expect(last('USER')).toBe('node');
    expect(instructions.findLastIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      instructions.findLastIndex(({ name }) => name === 'FROM'),
    );
    for (const { rest } of stages) expect(rest).toMatch(/^node:22-bookworm-slim( AS \w+)?$/);
    expect(stages).toHaveLength(2);
  });

  test('copies only what there is, and what a build makes', () => {
    const copies = instructions.filter(({ name }) => name === 'COPY');
    const missing = copies
      .flatMap(({ rest }) =>
        rest
          .split(' ')
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1),
      )
      .map((path) => path.replace(/^\/app\//, ''))
      .filter((path) => !/^(node_modules|packages\/\w+\/dist)$/.test(path) && !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  test('tells every workspace to npm, without which the lockfile does not fit', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
    const workspaces = Object.keys(lock.packages).filter((name) => name && !name.includes('node_modules'));
    for (const workspace of workspaces)
      expect(text).toContain(`COPY ${workspace}/package.json ${workspace}/`);
  });

  test('leaves out what only development and other workspaces need', () => {
    const [pruning = ''] = instructions
      .filter(({ rest }) => rest.includes('--omit=dev'))
      .map(({ rest }) => rest);
    // `npm ci -w` would bring the emulator's packages along.
    expect(pruning).toContain('workspaces=["packages/backend"]');
    expect(pruning).toContain('npm pkg delete devDependencies -w packages/backend');
  });

  test('starts the command that the package has, and asks it how it is', () => {
    const { bin } = JSON.parse(readFileSync(join(root, 'packages/backend/package.json'), 'utf8'));
    const command = join(root, 'packages/backend', bin['conversations-web-chat-server']);
    expect(readFileSync(command, 'utf8')).toContain("'../dist/main.js'");
    expect(JSON.parse(last('CMD'))).toEqual(['node', 'packages/backend/dist/main.js']);
    expect(existsSync(join(root, 'packages/backend/src/main.ts'))).toBe(true);
    expect(last('HEALTHCHECK')).toContain('/healthz');
    expect(last('EXPOSE')).toBe('3000');
  });

  test('holds no secret: the service still misses everything that only its operator knows', () => {
    const set = instructions
      .filter(({ name }) => name === 'ENV')
      .flatMap(({ rest }) => rest.split(' ').map((pair) => pair.split('=', 2) as [string, string]));
    const reading = readEnvironment(Object.fromEntries(set));
    expect(reading.ok).toBe(false);
    if (!reading.ok) {
      for (const variable of ['ACCOUNT_SID', 'AUTH_TOKEN', 'TWILIO_API_KEY_SECRET']) {
        expect(reading.table).toContain(variable);
      }
    }
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    expect(ignored).toContain('**/.env*');
    expect(ignored).toContain('**/node_modules');
  });
});
