import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor } from './support/browser.js';
import { Chat } from './support/chat.js';
import { makeOtherProject, type OtherProject } from './support/other-project.js';

let browser: Browser;
let project: OtherProject;
beforeAll(async () => {
  browser = await launchBrowser();
  project = await makeOtherProject(['backend', 'emulator', 'widget', 'cli']);
});
afterAll(async () => {
  await browser.close();
  await project.remove();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function startDev(args: string[]) {
  const [port, emulatorPort] = [await freePort(), await freePort()];
  const command = path.join(project.installed('cli'), 'dist/main.js');
  const child = spawn(process.execPath, [command, 'dev', '--data', ':memory:', ...args], {
    cwd: project.dir,
    env: { ...process.env, PORT: String(port), EMULATOR_PORT: String(emulatorPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      said += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    url: `http://localhost:${port}`,
    said: () => said,
    ended,
    ready: () => expect.poll(() => said, { timeout: 20_000 }).toContain('Ctrl+C'),
    async stop() {
      child.kill('SIGINT');
      return await ended;
    },
  };
}

const PARROT = `import { defineBot } from '@conversations-web-chat/backend';

export default defineBot({
  identity: 'parrot',
  onConversationAdded: () => 'Hello from elsewhere!',
  onMessageAdded: (message) => \`You said: \${message.body}\`,
});
`;

describe('dev in a project of somebody else', () => {
  it.each([
    ['with the installed widget', []],
    ['as in production', ['--hardened']],
  ])('serves a page of its own %s, and the bot of that project answers there', async (_how, options) => {
    await writeFile(path.join(project.dir, 'my-bot.mjs'), PARROT);
    const dev = await startDev(['--bot', 'my-bot.mjs', ...options]);
    const visitor = await newVisitor(browser);
    try {
      await dev.ready();
      expect(dev.said()).toContain(`<script async src="${dev.url}/chat-widget.js"></script>`);
      const chat = new Chat(await visitor.newPage(dev.url));
      await chat.openAndConnect();
      await chat.message('Hello from elsewhere!').waitFor();
      await chat.send('anybody here?');
      await chat.message('You said: anybody here?').waitFor();
      expect(leavingLoopback(visitor.requests)).toEqual([]);
    } finally {
      await visitor.close();
      expect(await dev.stop()).toBe(0);
    }
  });

  it('says in a sentence what is wrong with a bot', async () => {
    await writeFile(path.join(project.dir, 'no-bot.mjs'), 'export default 7;\n');
    const dev = await startDev(['--bot', 'no-bot.mjs']);
    expect(await dev.ended).toBe(1);
    expect(dev.said()).toMatch(/BOT names a module whose default export is no bot/);
    expect(dev.said()).not.toMatch(/\n\s+at /);
  });
});
