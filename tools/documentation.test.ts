import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const markdown = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(
    (name) => `docs/${name}`,
  ),
  ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/README.md`),
].filter((name) => name.endsWith('.md') && existsSync(path.join(root, name)));

/** Paths between backticks, from the root or, as in `session/src/…`, from `packages/`. */
function pathsIn(text: string): string[] {
  const fromRoot = [...text.matchAll(/`((?:packages|docs|tools|examples|e2e)\/[\w./-]*)`/g)];
  const fromPackages = [...text.matchAll(/`((?:widget|session|backend|emulator|cli)\/src\/[\w./-]*)`/g)];
  return [
    ...fromRoot.map(([, name]) => name ?? ''),
    ...fromPackages.map(([, name]) => `packages/${name ?? ''}`),
  ];
}

function linksIn(text: string): string[] {
  return [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, target]) => target ?? '');
}

describe('the documentation', () => {
  it.each(markdown)('%s names only files and folders that exist', (name) => {
    const text = readFileSync(path.join(root, name), 'utf8');
    // What a build makes is not there before it.
    const missing = pathsIn(text).filter(
      (place) => !/\/dist(-react)?\b/.test(place) && !existsSync(path.join(root, place)),
    );
    const broken = linksIn(text).filter(
      (target) => !existsSync(path.resolve(root, path.dirname(name), target)),
    );
    expect([...missing, ...broken]).toEqual([]);
  });

  it('keeps the README under 150 lines', () => {
    expect(readFileSync(path.join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThan(150);
  });
});
