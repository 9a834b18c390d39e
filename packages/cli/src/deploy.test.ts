import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextSteps, withoutValues } from './deploy.js';
import { runCli } from './run.js';
import { recordedIo } from './testing/emulated.js';
import { readDomain, readReason } from './toolkit.js';

const COMPLETE = {
  ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  AUTH_TOKEN: 'an-auth-token-of-nobody-000000000',
  TWILIO_API_KEY_SID: `SK${'2'.repeat(32)}`,
  TWILIO_API_KEY_SECRET: 'an-api-key-secret-of-nobody-00000',
  CONVERSATIONS_SERVICE_SID: `IS${'3'.repeat(32)}`,
  ALLOWED_ORIGINS: 'https://shop.example',
};

let project: string;
beforeEach(async () => {
  // Within the workspace, from where a project finds the toolkit.
  const scratch = fileURLToPath(new URL('../../../.cache/', import.meta.url));
  await mkdir(scratch, { recursive: true });
  project = await mkdtemp(path.join(scratch, 'deploy-'));
  for (const dir of ['dist/functions', 'dist/assets'])
    await mkdir(path.join(project, dir), { recursive: true });
  await writeFile(path.join(project, 'dist/functions/chat-widget.js'), 'exports.handler = () => {};');
  await writeFile(
    path.join(project, 'dist/functions/message-added.protected.js'),
    'exports.handler = () => {};',
  );
  await writeFile(path.join(project, 'dist/assets/chat-widget.js'), '');
  // Everything else is as it is uploaded: the toolkit has its own ideas of what a project is.
  const real = fileURLToPath(new URL('../../backend/functions/project/', import.meta.url));
  for (const name of ['package.json', '.twilioserverlessrc', 'static']) {
    await cp(path.join(real, name), path.join(project, name), { recursive: true });
  }
});
afterEach(() => rm(project, { recursive: true }));

async function deploy(
  variables: Record<string, string>,
  args: string[] = [],
  env: Record<string, string> = {},
) {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(path.join(project, '.env'), lines.join(''));
  const io = recordedIo({ PATH: process.env.PATH ?? '', ...env });
  const code = await runCli(['deploy', '--project', project, ...args], io);
  return { code, said: io.said.join('\n'), complained: io.complained.join('\n') };
}

describe('deploy', () => {
  it('shows on a dry run what would be uploaded, and no value of a variable', async () => {
    const { code, said, complained } = await deploy(COMPLETE, ['--dry-run']);
    expect([code, complained]).toEqual([0, '']);
    expect(said).toBe(
      [
        `From ${project}:`,
        '  assets/chat-widget.js                 0 KB',
        '  functions/chat-widget.js              1 KB',
        '  functions/message-added.protected.js  1 KB',
        'Variables:    ALLOWED_ORIGINS, CONVERSATIONS_SERVICE_SID, TWILIO_API_KEY_SECRET, TWILIO_API_KEY_SID',
        'Dependencies: @twilio/runtime-handler 2.1.0, twilio 5.13.1',
        'Nothing was uploaded.',
      ].join('\n'),
    );
  });

  it('checks the variables first, with the table', async () => {
    const { ALLOWED_ORIGINS: _gone, ...rest } = COMPLETE;
    const { code, said, complained } = await deploy(rest);
    expect([code, said]).toEqual([1, '']);
    expect(complained).toMatch(/^ALLOWED_ORIGINS +is missing/m);
    expect(complained).not.toContain('PUBLIC_BASE_URL');
  });

  it.each([
    [
      'TWILIO_API_BASE_URL',
      { TWILIO_API_BASE_URL: 'http://127.0.0.1:4010' },
      /names a local Conversations service/,
    ],
    ['REALTIME_URL', { REALTIME_URL: 'ws://127.0.0.1:4010' }, /names a local Conversations service/],
    [
      'SERVICE_SID',
      { CONVERSATIONS_SERVICE_SID: '', SERVICE_SID: `IS${'3'.repeat(32)}` },
      /Name it CONVERSATIONS_SERVICE_SID/,
    ],
  ])('refuses a %s that would not work there', async (name, changes, sentence) => {
    const { code, complained } = await deploy({ ...COMPLETE, ...changes });
    expect(code).toBe(1);
    expect(complained).toMatch(sentence);
    expect(complained.startsWith(name)).toBe(true);
  });

  it('says that nothing is built, that there is no file, and which name is none', async () => {
    await rm(path.join(project, 'dist'), { recursive: true });
    expect(await deploy(COMPLETE)).toMatchObject({
      code: 1,
      complained: expect.stringContaining('build:functions'),
    });
    await mkdir(path.join(project, 'dist/functions'), { recursive: true });
    await writeFile(path.join(project, 'dist/functions/chat-widget.js'), '');
    await rm(path.join(project, 'package.json'));
    expect(await deploy(COMPLETE, ['--dry-run'])).toMatchObject({
      code: 1,
      said: '',
      complained: expect.stringMatching(/^.+package\.json cannot be read: ENOENT/),
    });
    expect((await deploy(COMPLETE, ['--env', path.join(project, 'nowhere')])).complained).toContain(
      'cannot be read',
    );
    expect(await deploy(COMPLETE, ['--environment', 'Live!'])).toMatchObject({ code: 2 });
  });

  it('hands the rest to Twilio’s toolkit, and passes on why it was not uploaded', async () => {
    // The toolkit goes through this proxy, which lets nothing out: the upload itself cannot be tried without an account.
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      const { code, complained } = await deploy(COMPLETE, [], { HTTP_PROXY });
      expect(code).toBe(1);
      expect(asked[0]).toBe('serverless.twilio.com:443');
      expect(complained).toMatch(/^Twilio's toolkit did not upload it: .*\w/);
      for (const secret of [COMPLETE.AUTH_TOKEN, COMPLETE.TWILIO_API_KEY_SECRET])
        expect(complained).not.toContain(secret);
    } finally {
      await new Promise((resolve) => proxy.close(resolve));
    }
  }, 60_000);

  it('shows no secret that the toolkit quotes, and leaves the rest of its words', () => {
    const said = `401 for ${COMPLETE.ACCOUNT_SID}:${COMPLETE.AUTH_TOKEN} with ${COMPLETE.TWILIO_API_KEY_SECRET}`;
    expect(withoutValues(said, { ...COMPLETE, USER_TOKEN_ENFORCE: 'on' })).toBe(
      `401 for ${COMPLETE.ACCOUNT_SID}:(AUTH_TOKEN) with (TWILIO_API_KEY_SECRET)`,
    );
  });

  it('ends with the script tag, and with the command that comes next', () => {
    const steps = nextSteps({ domain: 'web-chat-1234-dev.twil.io' }, path.resolve('project/.env'));
    expect(steps).toContain('<script async src="https://web-chat-1234-dev.twil.io/chat-widget.js"></script>');
    expect(steps).toContain(
      'node packages/cli/dist/main.js webhooks --env project/.env --functions web-chat-1234-dev.twil.io',
    );
  });
});

describe('what the toolkit prints', () => {
  it('has the domain in its JSON, or none', () => {
    expect(readDomain('{"domain":"web-chat-1234-dev.twil.io","functions":[]}')).toBe(
      'web-chat-1234-dev.twil.io',
    );
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readDomain(text) === undefined));
  });

  it('has its reason in a box', () => {
    expect(readReason('- Deploying\n✖ Failed\n\n│ ERROR \n│ \n│ connect ECONNREFUSED\n')).toBe(
      'connect ECONNREFUSED',
    );
    expect(readReason('')).toBe('it gave no reason.');
  });
});
