import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTwilioClient } from '@conversations-web-chat/backend';
import { createEmulator } from '@conversations-web-chat/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDev } from './dev.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'dev-'));
  await writeFile(path.join(dir, 'index.html'), '<h1>Northwind</h1>');
});
afterEach(() => rm(dir, { recursive: true }));

function run(changes: Partial<Parameters<typeof startDev>[0]> = {}, stop = new AbortController()) {
  const said: string[] = [];
  const complained: string[] = [];
  let began = (_words: string): void => {};
  const begun = new Promise<string>((resolve) => {
    began = resolve;
  });
  const io = {
    env: {},
    stop: stop.signal,
    print(line: string) {
      said.push(line);
      if (line.includes('Ctrl+C ends it')) began(line);
    },
    complain: (line: string) => void complained.push(line),
  };
  const ended = startDev({
    port: 0,
    emulatorPort: 0,
    widgetDir: dir,
    siteDir: dir,
    data: ':memory:',
    io,
    ...changes,
  });
  return { said, complained, begun, ended, stop };
}

async function withBusyPort(use: (port: number) => Promise<void>): Promise<void> {
  const squatter = await new Promise<Server>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });
  try {
    await use((squatter.address() as AddressInfo).port);
  } finally {
    await new Promise((resolve) => squatter.close(resolve));
  }
}

describe('dev', () => {
  it('serves the page and the emulator where it says, and neither after it was stopped', async () => {
    const data = path.join(dir, 'kept.sqlite');
    const { said, complained, begun, ended, stop } = run({ data });
    const words = await begun;
    expect(words).toContain(`kept in ${data}`);
    const [shop, emulator] = [/http:\/\/localhost:\d+/, /http:\/\/127\.0\.0\.1:\d+/].map(
      (pattern) => pattern.exec(words)?.[0] ?? '',
    );
    const page = await fetch(shop!.replace('localhost', '127.0.0.1'));
    expect(await page.text()).toBe('<h1>Northwind</h1>');
    expect((await fetch(`${emulator}/v1/Conversations`)).status).toBe(401);

    stop.abort();
    expect(await ended).toBe(0);
    expect(said.at(-1)).toContain('Ctrl+C once more');
    expect(complained).toEqual([]);
    for (const url of [shop!, emulator!]) {
      await expect(fetch(url.replace('localhost', '127.0.0.1'))).rejects.toThrow('fetch failed');
    }
  });

  it('takes making conversations from visitors when it is hardened, and gives it back when it is not', async () => {
    const data = path.join(dir, 'kept.sqlite');
    async function permissionsAfter(changes: { hardened?: boolean }): Promise<unknown> {
      const { begun, ended, stop } = run({ data, ...changes });
      expect((await begun).includes('hardened')).toBe(changes.hardened ?? false);
      stop.abort();
      expect(await ended).toBe(0);
      const emulator = await createEmulator({ data });
      const { accountSid, apiKeySid, apiKeySecret, serviceSid } = emulator.credentials;
      const login = { accountSid, apiKeySid, apiKeySecret, twilioApiBaseUrl: emulator.restUrl };
      const service = createTwilioClient(login).conversations.v1.services(serviceSid);
      const { defaultChatServiceRoleSid } = await service.configuration().fetch();
      const { friendlyName, permissions } = await service.roles(defaultChatServiceRoleSid).fetch();
      await emulator.close();
      return { friendlyName, creates: permissions.includes('createConversation') };
    }
    expect(await permissionsAfter({})).toEqual({ friendlyName: 'service user', creates: true });
    expect(await permissionsAfter({ hardened: true })).toEqual({
      friendlyName: 'web chat user',
      creates: false,
    });
    expect(await permissionsAfter({})).toEqual({ friendlyName: 'web chat user', creates: true });
  });

  it('ends without a word when it is stopped while it starts', async () => {
    const stop = new AbortController();
    const { said, complained, ended } = run({}, stop);
    stop.abort();
    expect(await ended).toBe(0);
    expect([...said, ...complained]).toEqual([]);
  });

  it.each(['port', 'emulatorPort'])('says in a sentence that its %s is taken', async (name) => {
    await withBusyPort(async (port) => {
      const { complained, ended } = run({ [name]: port });
      expect(await ended).toBe(1);
      expect(complained).toEqual([
        expect.stringMatching(new RegExp(`^Port ${port} .+Other ports: PORT=3001`)),
      ]);
    });
  });

  it.each([
    ['widgetDir', '--widget'],
    ['siteDir', '--site'],
  ])('says in a sentence that there is no %s', async (name, option) => {
    const { complained, ended } = run({ [name]: path.join(dir, 'nowhere') });
    expect(await ended).toBe(1);
    expect(complained).toEqual([expect.stringMatching(`no folder .+nowhere.+${option}`)]);
  });

  it('lets pages of another origin have the chat, when it is told so', async () => {
    const { begun, ended, stop } = run({ origins: ['http://localhost:5173'] });
    const [, port] = /http:\/\/localhost:(\d+)/.exec(await begun) ?? [];
    const allowed = await Promise.all(
      ['http://localhost:5173', 'http://localhost:5174'].map(async (origin) => {
        const answer = await fetch(`http://127.0.0.1:${port}/chat-widget`, {
          method: 'POST',
          headers: { origin },
        });
        return answer.headers.get('access-control-allow-origin');
      }),
    );
    expect(allowed).toEqual(['http://localhost:5173', null]);
    stop.abort();
    expect(await ended).toBe(0);
  });

  it.each([
    ['nobody', "BOT is neither a bot's name nor a path"],
    ['missing.mjs', 'BOT names a module that cannot be used'],
  ])('says in a sentence that the bot %s cannot be used', async (bot, sentence) => {
    const { complained, ended } = run({ bot, cwd: dir });
    expect(await ended).toBe(1);
    expect(complained).toEqual([expect.stringContaining(sentence)]);
  });

  it('says in a sentence that the data file cannot be opened', async () => {
    const { complained, ended } = run({ data: dir });
    expect(await ended).toBe(1);
    expect(complained).toEqual([expect.stringMatching(`^The file ${dir} cannot be opened: .+--data`)]);
  });
});
