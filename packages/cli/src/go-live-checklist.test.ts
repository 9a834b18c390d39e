import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createNodeHost, createTwilioClient, readEnvironment } from '@conversations-web-chat/backend';
import { expect, it } from 'vitest';
import { runCli } from './run.js';
import { recordedIo, startEmulated } from './testing/emulated.js';

const execute = promisify(execFile);

const checklist = readFileSync(new URL('../../../docs/howto/go-live-checklist.md', import.meta.url), 'utf8');
const blocks = [...checklist.matchAll(/```sh\n([^`]*)```/g)].map(([, block]) => block ?? '');

it('the go-live checklist, followed step by step, leaves doctor without a problem', async () => {
  const commands = blocks.flatMap((block) => block.match(/(?<=^npx conversations-web-chat ).+$/gm) ?? []);
  expect(commands.map((command) => command.split(' ')[0])).toEqual([
    'roles',
    'roles',
    'webhooks',
    'webhooks',
    'doctor',
  ]);
  const settings = blocks[0]?.match(/^[A-Z_]+=\S+/gm) ?? [];
  expect(settings).toContain('CHAT_MODE=hardened');

  const { emulator, env } = await startEmulated();
  const dir = await mkdtemp(path.join(tmpdir(), 'go-live-'));
  const file = path.join(dir, '.env');
  const reading = readEnvironment({ ...env, PUBLIC_BASE_URL: 'http://127.0.0.1:0' });
  if (!reading.ok) throw new Error(reading.table);
  const host = await createNodeHost({ config: { ...reading.config, port: 0 }, log: false });
  try {
    const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    // Only where it is reached differs from the checklist's words: here is no https and no such name.
    const reached = `PUBLIC_BASE_URL=${host.config.publicBaseUrl}`;
    await writeFile(file, [...given, ...settings, reached].join('\n'));
    for (const command of commands) {
      const io = recordedIo();
      const words = command.split(' ').map((word) => (word === '.env' ? file : word));
      expect(await runCli(words, io), `${command}\n${io.said.join('\n')}`).toBe(0);
      if (words[0] === 'doctor') expect(io.said.at(-1)).toMatch(/0 problems, 0 warnings/);
    }
  } finally {
    await host.close();
    await emulator.close();
    await rm(dir, { recursive: true });
  }
});

it('the erasure of a visitor leaves neither conversation nor user', async () => {
  const erasure = blocks.find((block) => block.includes('-X DELETE')) ?? '';
  const { emulator, env } = await startEmulated();
  try {
    const reading = readEnvironment(env);
    if (!reading.ok) throw new Error(reading.table);
    const { v1 } = createTwilioClient(reading.config).conversations;
    const service = v1.services(reading.config.serviceSid);
    const { sid } = await service.conversations.create({});
    await service.conversations(sid).participants.create({ identity: 'visitor' });
    const { stdout } = await execute('sh', ['-e', '-c', erasure], {
      env: { PATH: process.env.PATH, ...env, IDENTITY: 'visitor', CONVERSATION_SID: sid },
    });
    expect(stdout).toContain(sid);
    await expect(service.conversations(sid).fetch()).rejects.toMatchObject({ status: 404 });
    await expect(service.users('visitor').fetch()).rejects.toMatchObject({ status: 404 });
  } finally {
    await emulator.close();
  }
});
