import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The command as a process of its own. */
export interface StartedProcess {
  child: ChildProcess;
  /** What it printed so far. */
  lines: string[];
  complaints(): string;
  /** Settles with its first line, or with its end when there is none. */
  started: Promise<void>;
  /** Its exit code; null when a signal ended it. */
  exit: Promise<number | null>;
}

// Node 20 runs no TypeScript, and a test must not need a build: modules are stripped of types as they load. What was
// stripped is kept in the working folder, as a second process there must not take seconds to start.
const hooks = `
  import { createHash } from 'node:crypto';
  import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
  import { join } from 'node:path';
  import { fileURLToPath } from 'node:url';
  const folder = join(process.cwd(), 'stripped');
  async function strip(source) {
    const kept = join(folder, createHash('sha256').update(source).digest('hex'));
    try { return await readFile(kept, 'utf8'); } catch {}
    const { default: ts } = await import(${JSON.stringify(import.meta.resolve('typescript'))});
    const compilerOptions = { module: 'esnext', target: 'es2022' };
    const { outputText } = ts.transpileModule(source, { compilerOptions });
    await mkdir(folder, { recursive: true });
    // Whole or not at all: a test may kill the process at any moment.
    await writeFile(kept + process.pid, outputText);
    await rename(kept + process.pid, kept);
    return outputText;
  }
  export async function resolve(specifier, context, next) {
    try { return await next(specifier, context); }
    catch (error) {
      if (!specifier.endsWith('.js')) throw error;
      return next(specifier.replace(/js$/, 'ts'), context);
    }
  }
  export async function load(url, context, next) {
    if (!url.endsWith('.ts')) return next(url, context);
    const source = await strip(await readFile(fileURLToPath(url), 'utf8'));
    return { format: 'module', source, shortCircuit: true };
  }`;
const asUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
const register = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hooks))});`;
const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));

/** Starts the command from its sources. Whoever starts it ends it. */
export function startProcess(argv: readonly string[], cwd: string): StartedProcess {
  const { NODE_ENV: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', asUrl(register), cli, ...argv], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const lines: string[] = [];
  const output = createInterface(child.stdout);
  const first = new Promise<void>((resolve) => output.once('line', () => resolve()));
  output.on('line', (line) => lines.push(line));
  return {
    child,
    lines,
    complaints: () => Buffer.concat(complaints).toString(),
    started: Promise.race([first, exit.then(() => {})]),
    exit,
  };
}
