import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTwilioClient, readEnvironment, type TwilioClient } from '@conversations-web-chat/backend';
import type { Emulator } from '@conversations-web-chat/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './run.js';
import { recordedIo, startEmulated } from './testing/emulated.js';
import { shown } from './webhooks.js';

let emulator: Emulator;
let env: Record<string, string>;
let client: TwilioClient;
beforeEach(async () => {
  ({ emulator, env } = await startEmulated());
  const reading = readEnvironment(env);
  if (!reading.ok) throw new Error(reading.table);
  client = createTwilioClient(reading.config);
});
afterEach(() => emulator.close());

const configured = () =>
  client.conversations.v1.services(env.CONVERSATIONS_SERVICE_SID!).configuration.webhooks();

/** What of the commands' requests was more than a look. */
async function writes(): Promise<string[]> {
  const answer = await fetch(`${emulator.restUrl}/_emulator/log`, {
    headers: { authorization: `Basic ${btoa(`${env.ACCOUNT_SID}:${env.AUTH_TOKEN}`)}` },
  });
  const lines = (await answer.text()).trim().split('\n');
  const passed = lines.map((line) => JSON.parse(line) as { method?: string; path?: string });
  return passed
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path: where }) => `${method} ${where}`);
}

async function run(...args: string[]) {
  const io = recordedIo(env);
  return { code: await runCli(args, io), said: io.said.join('\n'), complained: io.complained.join('\n') };
}

describe('webhooks', () => {
  const url = 'http://127.0.0.1:3000/webhooks/conversation-added';

  it('shows the difference, writes it, and then finds nothing to do', async () => {
    const difference = [
      `Webhook of the service ${env.CONVERSATIONS_SERVICE_SID}:`,
      `  postWebhookUrl  not set → ${url}`,
      '  filters         not set → onConversationAdded',
      '  method          not set → POST',
    ].join('\n');
    expect(await run('webhooks', '--dry-run')).toEqual({
      code: 0,
      said: `${difference}\nNothing was written.`,
      complained: '',
    });
    expect(await writes()).toEqual([]);
    expect(await run('webhooks')).toEqual({ code: 0, said: `${difference}\nWritten.`, complained: '' });
    expect(await configured().fetch()).toMatchObject({ postWebhookUrl: url, method: 'POST' });
    expect(await writes()).toEqual([
      `POST /v1/Services/${env.CONVERSATIONS_SERVICE_SID}/Configuration/Webhooks`,
    ]);
    expect((await run('webhooks')).said).toBe(
      `The service ${env.CONVERSATIONS_SERVICE_SID} reports new conversations to ${url} already.`,
    );
  });

  it('leaves an address of somebody else alone until it is told to replace it, and shows no query of it', async () => {
    const another = 'http://127.0.0.1:9/flex?token=of-somebody-else';
    await configured().update({ postWebhookUrl: another, filters: ['onMessageAdded'] });
    const { code, said, complained } = await run('webhooks');
    expect(code).toBe(1);
    expect(complained).toMatch(
      /^Another address stands there: http:\/\/127\.0\.0\.1:9\/flex\?…\. .+--replace/,
    );
    expect(said + complained).not.toContain('of-somebody-else');
    expect(await run('webhooks', '--dry-run', '--replace')).toMatchObject({ code: 0, complained: '' });
    expect((await configured().fetch()).postWebhookUrl).toBe(another);

    expect((await run('webhooks', '--replace')).code).toBe(0);
    expect(await configured().fetch()).toMatchObject({
      postWebhookUrl: url,
      filters: ['onMessageAdded', 'onConversationAdded'],
    });
  });

  it('adds its event to the others of an address that is right', async () => {
    const filters = ['onMessageAdded', 'onParticipantAdded'];
    await configured().update({ postWebhookUrl: url, filters, method: 'POST' });
    expect(await run('webhooks')).toMatchObject({
      code: 0,
      said: expect.stringContaining(
        '  filters  onMessageAdded, onParticipantAdded → onMessageAdded, onParticipantAdded, onConversationAdded\n',
      ),
    });
    expect(await configured().fetch()).toMatchObject({
      postWebhookUrl: url,
      filters: [...filters, 'onConversationAdded'],
    });
  });

  it('knows the paths on Twilio Functions, where PUBLIC_BASE_URL may be left out', async () => {
    delete env.PUBLIC_BASE_URL;
    const { said } = await run('webhooks', '--dry-run', '--functions', 'web-chat-1234-dev.twil.io');
    expect(said).toContain('→ https://web-chat-1234-dev.twil.io/conversation-added');
    const wrong = await run('webhooks', '--functions', 'twil.io/path');
    expect(wrong).toMatchObject({
      code: 2,
      complained: expect.stringMatching(/^--functions is "twil\.io\/path"/),
    });
  });

  it('says why the service could not be asked, without credentials', async () => {
    await emulator.close();
    const { code, complained } = await run('webhooks');
    expect(code).toBe(1);
    expect(complained).toMatch(/^The webhook of the Conversations service could not be read.+ECONNREFUSED/);
    expect(complained).not.toContain(env.TWILIO_API_KEY_SECRET);
  });
});

describe('roles', () => {
  it('shows the difference, writes it, and then finds nothing to do', async () => {
    const shown = await run('roles', '--dry-run');
    expect(shown.code).toBe(0);
    expect(shown.said).toMatch(
      / {2}role of new users +service user → web chat user.*Nothing was written\.$/s,
    );
    expect(await writes()).toEqual([]);
    const written = await run('roles');
    expect(written.said).toBe(shown.said.replace(/Nothing was written\.$/, 'Written.'));
    expect((await run('roles')).said).toBe(
      `The roles of the service ${env.CONVERSATIONS_SERVICE_SID} are right already.`,
    );
  });

  it('need no PUBLIC_BASE_URL, which is left out on Twilio Functions', async () => {
    delete env.PUBLIC_BASE_URL;
    expect(await run('roles', '--dry-run')).toMatchObject({ code: 0, complained: '' });
  });
});

describe('an address as it is shown', () => {
  it('holds neither user nor password nor query, whatever stands there', () => {
    expect(shown('https://user:geheim@flex.example:444/hook?token=geheim#geheim')).toBe(
      'https://flex.example:444/hook?…',
    );
    expect(shown('onMessageAdded, onConversationAdded')).toBe('onMessageAdded, onConversationAdded');
    for (const odd of ['tcp://user:geheim@host/hook', 'flex.example/hook?token=geheim', 'https://[?geheim']) {
      expect(shown(odd)).not.toContain('geheim');
    }
  });
});

describe('the environment of a command', () => {
  it('is read from a file alone where one is named', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'env-'));
    const file = path.join(dir, '.env');
    try {
      await writeFile(file, `ACCOUNT_SID=${env.ACCOUNT_SID}\n`);
      const { code, complained } = await run('webhooks', '--env', file);
      expect(code).toBe(1);
      expect(complained).toMatch(/^Variable +What is wrong/);
      expect(complained).toContain('AUTH_TOKEN');
      expect(complained).not.toContain('ACCOUNT_SID ');
    } finally {
      await rm(dir, { recursive: true });
    }
    const missing = await run('webhooks', '--env', file);
    expect(missing).toMatchObject({ code: 2, complained: expect.stringMatching(/cannot be read: ENOENT/) });
  });
});
