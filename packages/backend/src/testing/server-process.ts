import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The server command as a process of its own. */
export interface ServerProcess {
  child: ChildProcess;
  /** Everything it wrote so far, on both outputs. */
  output(): string;
  /** Resolves to where it listens; rejects with what it wrote when it ends before. */
  listening: Promise<string>;
  /** Its exit code; null when a signal ended it. */
  exit: Promise<number | null>;
}

/** The server command, made to run from its sources: Node 20 runs no TypeScript, and a test must not need a build. */
export interface ServerProgram {
  start(env: Record<string, string>, args?: readonly string[]): ServerProcess;
  remove(): void;
}

const backend = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the command. What it makes stands inside the package, where its dependencies are found. */
export async function serverProgram(): Promise<ServerProgram> {
  const cache = join(backend, '.cache');
  await mkdir(cache, { recursive: true });
  const dir = mkdtempSync(join(cache, 'server-'));
  const bundle = await rolldown({
    input: join(backend, 'src/main.ts'),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    logLevel: 'silent',
  });
  await bundle.write({ dir, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await bundle.close();
  return {
    start: (env, args = []) => start(join(dir, 'main.mjs'), env, args),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function start(main: string, env: Record<string, string>, args: readonly string[]): ServerProcess {
  const child = spawn(process.execPath, [main, ...args], {
    // Nothing of the developer's own settings: what the test gives is all there is.
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  let heard = (_url: string): void => {};
  const listening = new Promise<string>((resolve) => {
    heard = resolve;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
      const url = / listens on (http:\S+);/.exec(written)?.[1];
      if (url !== undefined) heard(url);
    });
  }
  // 'close' and not 'exit': by then everything it wrote has arrived.
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = exit.then((code) => {
    throw new Error(`The server ended with ${code}:\n${written}`);
  });
  const listeningOrEnd = Promise.race([listening, ended]);
  listeningOrEnd.catch(() => {});
  ended.catch(() => {});
  return { child, output: () => written, listening: listeningOrEnd, exit };
}
