import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEnvironment } from './env.js';
import { parrot } from './testing/parrot.js';
import { type Stack, startStack } from './testing/stack.js';
import { newVisitor } from './testing/visitor.js';

/** docs/howto/logged-in-users.md, done literally: its program, its variables, its calls. */

const USER = 'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60';
const LEGACY = '6d0f2a4e-8f0b-4c53-9a37-1f6c2b5d7e90';
const root = fileURLToPath(new URL('../../../', import.meta.url));
const howto = await readFile(path.join(root, 'docs/howto/logged-in-users.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...howto.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code ?? '');
const [variables = '', ask = '', claim = '', migrate = ''] = blocks('sh');

let folder: string;
let stack: Stack;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'logged-in-users-'));
  await writeFile(path.join(folder, 'sign.mjs'), blocks('js')[0] ?? '');
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const reading = readEnvironment({
    ACCOUNT_SID: `AC${'1'.repeat(32)}`,
    TWILIO_API_KEY_SID: `SK${'2'.repeat(32)}`,
    TWILIO_API_KEY_SECRET: 'not used here',
    SERVICE_SID: `IS${'3'.repeat(32)}`,
    AUTH_TOKEN: 'not used here',
    ALLOWED_ORIGINS: 'https://shop.example',
    PUBLIC_BASE_URL: 'https://chat.shop.example',
    LEGACY_UNTIL: '9999-12-30',
    ...Object.fromEntries(
      variables
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s)),
    ),
  });
  if (!reading.ok) throw new Error(reading.table);
  const { userTokens, legacyUntil } = reading.config;
  stack = await startStack(
    parrot(),
    {},
    { ...(userTokens && { userTokens }), ...(legacyUntil && { legacyUntil }) },
  );
});
afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true });
});

async function run(command: string, env: Record<string, string> = {}): Promise<unknown> {
  const here = command.replaceAll('https://chat.shop.example', stack.host.url);
  const { stdout } = await promisify(execFile)('bash', ['-euc', here], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
  });
  return JSON.parse(stdout);
}

test('the how-to on logged-in users does what it says', async () => {
  const { identity, proof } = await newVisitor();
  expect(await run(ask)).toEqual({
    token: expect.stringMatching(/^eyJ/),
    identity: USER,
    expiresIn: 3600,
    realtimeUrl: expect.any(String),
  });

  const sid = await stack.newConversation();
  await stack.service.conversations(sid).participants.create({ identity });
  const signing = ask.split('\n')[0] ?? '';
  const own = { IDENTITY: identity, PROOF: proof, CONVERSATION_SID: sid };
  expect(await run(`${signing}\n${claim}`, own)).toEqual({ conversation_sid: sid, identity: USER });

  const refused = await run(migrate, {
    ...own,
    LEGACY_IDENTITY: LEGACY,
    LEGACY_CONVERSATION_SID: sid,
  });
  expect(refused).toMatchObject({ error: { code: 'migration_refused' } });
});
