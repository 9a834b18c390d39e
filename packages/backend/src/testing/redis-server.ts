import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { findRedis } from '../../../../tools/redis.mjs';

/** A Redis of the test's own. */
export interface RedisServer {
  url: string;
  port: number;
  /** Ends it as a crash would, unless it has ended. */
  kill(): Promise<void>;
  /** Stops it in its tracks: connections stay, and nothing is answered until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** Starts a Redis that keeps nothing, on this port or on any free one. */
export async function startRedis(port?: number): Promise<RedisServer> {
  const program = findRedis();
  if (!program) throw new Error('These tests need a Redis server; see tools/redis.mjs.');
  const chosen = port ?? (await freePort());
  const child = spawn(
    program,
    ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', tmpdir()],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exit = once(child, 'exit');
  let written = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
      if (written.includes('Ready to accept connections')) resolve();
    });
    void exit.then(() => reject(new Error(`Redis ended:\n${written}`)));
  });
  return {
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
