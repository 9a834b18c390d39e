import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** A project outside the workspace. */
export interface OtherProject {
  dir: string;
  /** Of an installed package of ours. */
  installed(name: string): string;
  remove(): Promise<void>;
}

/**
 * A folder elsewhere with these packages of ours, as npm packs and unpacks them. What they depend on is taken from the
 * workspace instead of a registry: one folder up, where Node looks next.
 */
export async function makeOtherProject(packages: readonly string[]): Promise<OtherProject> {
  const above = await mkdtemp(path.join(tmpdir(), 'elsewhere-'));
  const dir = path.join(above, 'shop');
  const installed = (name: string) => path.join(dir, 'node_modules/@conversations-web-chat', name);
  await symlink(path.join(root, 'node_modules'), path.join(above, 'node_modules'));
  for (const name of packages) {
    const source = path.join(root, 'packages', name);
    const target = installed(name);
    await mkdir(target, { recursive: true });
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', above, source],
      { cwd: root, shell: process.platform === 'win32' },
    );
    const [{ filename }] = JSON.parse(stdout);
    await run('tar', ['-xzf', path.join(above, filename), '--strip-components=1', '-C', target]);
    const own = path.join(source, 'node_modules');
    if (existsSync(own)) await symlink(own, path.join(target, 'node_modules'));
  }
  return { dir, installed, remove: () => rm(above, { recursive: true }) };
}
