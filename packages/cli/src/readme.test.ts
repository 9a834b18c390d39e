import { readFileSync } from 'node:fs';
import { createNodeHost, readEnvironment } from '@conversations-web-chat/backend';
import { expect, it } from 'vitest';
import { runCli } from './run.js';
import { recordedIo, startEmulated } from './testing/emulated.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('the README shows what the commands print', async () => {
  const { emulator, env } = await startEmulated();
  Object.assign(env, { PUBLIC_BASE_URL: 'http://127.0.0.1:0', PORT: '0' });
  const reading = readEnvironment(env);
  if (!reading.ok) throw new Error(reading.table);
  const host = await createNodeHost({ config: reading.config, log: false });
  env.PUBLIC_BASE_URL = host.config.publicBaseUrl;
  Object.assign(env, { CHAT_MODE: 'hardened', TOKEN_TTL: '86400' });

  async function printed(...args: string[]): Promise<string> {
    const io = recordedIo(env);
    await runCli(args, io);
    return io.said
      .join('\n')
      .replaceAll(host.config.publicBaseUrl, 'http://127.0.0.1:3000')
      .replaceAll(reading.ok ? reading.config.serviceSid : '', 'IS…');
  }

  try {
    const outputs = [await printed('--help'), await printed('webhooks', '--dry-run'), await printed('roles')];
    outputs.push(await printed('doctor'));
    for (const output of outputs) expect(readme).toContain(`\n\`\`\`\n${output}\n\`\`\`\n`);
  } finally {
    await host.close();
    await emulator.close();
  }
});
