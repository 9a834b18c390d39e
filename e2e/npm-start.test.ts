import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor } from './support/browser.js';
import { Chat } from './support/chat.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

let browser: Browser;
let data: string;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  data = path.join(await mkdtemp(path.join(tmpdir(), 'web-chat-')), 'emulator.sqlite');
});
afterEach(() => rm(path.dirname(data), { recursive: true, force: true }));

/** The command behind `npm start`, as a process of its own. */
function start(ports: { PORT: string; EMULATOR_PORT: string }) {
  const child = spawn(
    process.execPath,
    [
      'packages/cli/dist/main.js',
      'dev',
      '--widget',
      'packages/widget/dist',
      '--site',
      'examples/shop',
      '--data',
      data,
    ],
    {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'development', ...ports },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    said: () => said,
    ended,
    ready: () => expect.poll(() => said, { timeout: 20_000 }).toContain('Ctrl+C'),
    stop: async () => {
      child.kill('SIGINT');
      return await ended;
    },
  };
}

async function freePorts(): Promise<{ PORT: string; EMULATOR_PORT: string }> {
  const probes = await Promise.all(
    [0, 1].map(
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const probe = createServer().listen(0, '127.0.0.1', () => resolve(probe));
        }),
    ),
  );
  const [PORT, EMULATOR_PORT] = probes.map((probe) => String((probe.address() as { port: number }).port));
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return { PORT: PORT ?? '', EMULATOR_PORT: EMULATOR_PORT ?? '' };
}

describe('npm start', () => {
  it('brings up the demo, and after a stop and a start the returning visitor finds the conversation', async () => {
    const ports = await freePorts();
    const url = `http://localhost:${ports.PORT}`;
    const visitor = await newVisitor(browser);
    const first = start(ports);
    try {
      await first.ready();
      expect(first.said()).toContain(url);
      const chat = new Chat(await visitor.newPage(url));
      await chat.openAndConnect();
      await chat.send('remember me over a restart');
      await chat.message('remember me over a restart').waitFor();
      const before = await chat.stored();
      await chat.page.close();
      expect(await first.stop()).toBe(0);

      const second = start(ports);
      try {
        await second.ready();
        const again = new Chat(await visitor.newPage(url));
        await again.openAndConnect();
        await again.message('remember me over a restart').waitFor();
        expect(await again.stored()).toMatchObject({
          uuid: before?.uuid,
          conversation_sid: before?.conversation_sid,
        });
      } finally {
        await second.stop();
      }
      expect(leavingLoopback(visitor.requests)).toEqual([]);
    } finally {
      await visitor.close();
      await first.stop();
    }
  });

  it.each(['PORT', 'EMULATOR_PORT'] as const)('says in a sentence that %s is taken', async (name) => {
    const ports = await freePorts();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(Number(ports[name]), '127.0.0.1', resolve));
    try {
      const run = start(ports);
      expect(await run.ended).toBe(1);
      expect(run.said()).toContain(ports[name]);
      expect(run.said()).toMatch(/PORT=3001/);
      expect(run.said()).not.toMatch(/\n\s+at /);
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });
});
