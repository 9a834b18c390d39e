import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../node_modules/twilio-run/bin/twilio-run.js', import.meta.url));

/** A Serverless Toolkit project that runs as a developer runs it. */
export interface TwilioRun {
  url: string;
  /** Everything it and its Functions printed. */
  said: () => string;
  stop(): Promise<void>;
}

/** Starts `twilio-run` in a project, with these variables alone. Each call of a Function is a process of its own. */
export async function startTwilioRun(project: string, env: Record<string, string>): Promise<TwilioRun> {
  const dir = await mkdtemp(path.join(tmpdir(), 'twilio-run-'));
  const file = path.join(dir, '.env');
  await writeFile(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [command, 'start', '--cwd', project, '--env', file, '--port', `${port}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  const url = `http://localhost:${port}`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        said += text;
        // It lists the addresses of its Functions as soon as it listens.
        if (said.includes(`${url}/`)) resolve();
      });
    }
  });
  const stop = (): Promise<void> =>
    stopChild(child, ended).then(() => rm(dir, { recursive: true, force: true }));
  await Promise.race([ready, ended]);
  if (child.exitCode !== null) {
    await stop();
    throw new Error(`twilio-run ended at once:\n${said}`);
  }
  return { url, said: () => said, stop };
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
