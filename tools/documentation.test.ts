import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const markdown = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
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

/** Links within the project, with the heading they lead to. */
function linksIn(text: string): { file: string; heading: string | undefined }[] {
  return [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(
    ([, file, heading]) => ({
      file: file ?? '',
      heading,
    }),
  );
}

/** The anchors that Markdown renderers make of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function leadsSomewhere(from: string, { file, heading }: ReturnType<typeof linksIn>[number]): boolean {
  const target = file === '' ? path.join(root, from) : path.resolve(root, path.dirname(from), file);
  if (!existsSync(target)) return false;
  return heading === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(heading);
}

describe('the documentation', () => {
  it.each(markdown)('%s names only files and folders that exist', (name) => {
    const text = readFileSync(path.join(root, name), 'utf8');
    // What a build makes is not there before it.
    const missing = pathsIn(text).filter(
      (place) => !/\/dist(-react)?\b/.test(place) && !existsSync(path.join(root, place)),
    );
    const broken = linksIn(text).filter((link) => !leadsSomewhere(name, link));
    expect([...missing, ...broken]).toEqual([]);
  });

  it('keeps the README under 150 lines', () => {
    expect(readFileSync(path.join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThan(150);
  });
});
