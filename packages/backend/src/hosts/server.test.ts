import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testEnvironment } from '../testing/environment.js';
import { type ServerProcess, type ServerProgram, serverProgram } from '../testing/server-process.js';

let program: ServerProgram;
beforeAll(async () => {
  program = await serverProgram();
}, 60_000);
afterAll(() => program.remove());

const running: ServerProcess[] = [];
afterEach(async () => {
  for (const { child, exit } of running.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
});

function start(env: Record<string, string> = testEnvironment(), args: readonly string[] = []): ServerProcess {
  const server = program.start(env, args);
  running.push(server);
  return server;
}

describe('the server command', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'says where it listens, answers there, and ends well on %s',
    async (signal) => {
      const { child, listening, exit } = start();
      const url = await listening;
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      child.kill(signal);
      expect(await exit).toBe(0);
      await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
    },
  );

  test('explains itself', async () => {
    const { exit, output } = start({}, ['--help']);
    expect(await exit).toBe(0);
    expect(output()).toContain('Usage: conversations-web-chat-server');
  });

  test('refuses arguments that it does not know', async () => {
    const { exit, output } = start(testEnvironment(), ['--port', '1']);
    expect(await exit).toBe(2);
    expect(output()).toContain('"--port" means nothing here');
  });

  test('tells everything that is wrong in one table, and nothing of the values', async () => {
    const { exit, output } = start({
      ...testEnvironment(),
      AUTH_TOKEN: '',
      ADDRESS: 'everywhere',
      METRICS_PORT: 'many',
      SITE_DIR: '/no/such/folder',
      BOT: 'clever',
    });
    expect(await exit).toBe(1);
    const rows = output().trimEnd().split('\n');
    expect(rows.map((row) => row.split(/\s/, 1)[0])).toEqual([
      'Variable',
      'AUTH_TOKEN',
      'ADDRESS',
      'METRICS_PORT',
      'SITE_DIR',
      'BOT',
    ]);
    expect(output()).not.toMatch(/everywhere|many|no\/such|clever/);
  });

  test('says in a sentence that its port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const { port } = squatter.address() as AddressInfo;
      const { exit, output } = start(testEnvironment({ port }));
      expect(await exit).toBe(1);
      expect(output()).toContain(`Port ${port} on 127.0.0.1 is used by another program.`);
    } finally {
      squatter.close();
    }
  });
});
