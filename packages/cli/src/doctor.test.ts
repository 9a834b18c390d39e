import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createNodeHost,
  createTwilioClient,
  readEnvironment,
  shopBot,
} from '@conversations-web-chat/backend';
import type { Emulator } from '@conversations-web-chat/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from './doctor/finding.js';
import { checkPublicUrl } from './doctor/reachable.js';
import { examine } from './doctor.js';
import { runCli } from './run.js';
import { recordedIo, startEmulated } from './testing/emulated.js';
import { startRedis } from './testing/redis.js';

let emulator: Emulator;
let env: Record<string, string>;
const stops: Array<() => Promise<unknown>> = [];
beforeEach(async () => {
  ({ emulator, env } = await startEmulated());
  stops.push(() => emulator.close());
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function run(...args: string[]) {
  const io = recordedIo(env);
  return { code: await runCli(args, io), said: io.said.join('\n'), complained: io.complained.join('\n') };
}

async function findings(about?: string): Promise<Finding[]> {
  const { said } = await run('doctor', '--json');
  const all: Finding[] = JSON.parse(said).findings;
  return about === undefined ? all : all.filter((finding) => finding.about === about);
}

const configOf = () => {
  const reading = readEnvironment(env);
  if (!reading.ok) throw new Error(reading.table);
  return reading.config;
};

async function serve(answer: (request: IncomingMessage) => [number, unknown]): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startHost() {
  const host = await createNodeHost({
    config: { ...configOf(), publicBaseUrl: 'http://127.0.0.1:0', port: 0 },
    bot: shopBot,
    log: false,
  });
  stops.push(() => host.close());
  env.PUBLIC_BASE_URL = host.config.publicBaseUrl;
}

describe('doctor', () => {
  it('finds no problem once roles and webhooks are set up and the service runs', async () => {
    env.CHAT_MODE = 'hardened';
    await startHost();
    const before = await run('doctor');
    expect(before.code).toBe(1);
    expect(before.said).toMatch(
      /^problem +roles +creators of a conversation \("channel admin"\) may .*addNonChatParticipant.*\n +→ Run conversations-web-chat roles\.$/m,
    );
    expect(before.said).toMatch(
      /^problem +webhooks +postWebhookUrl is not set; .+\n +→ Run conversations-web-chat webhooks\.$/m,
    );
    await run('roles');
    await run('webhooks');
    const after = await run('doctor');
    expect(after.said).not.toMatch(/^problem/m);
    expect(after.said).toMatch(/^ok +API key +signs in$/m);
    expect(after.said).toMatch(/^ok +access token +is taken by the service for 3600 seconds$/m);
    expect(after.said).toMatch(/\n0 problems, 0 warnings, 2 could not be checked\.$/);
    expect(after.code).toBe(0);
  });

  it('lists what is wrong with the environment, and stops there', async () => {
    env.TOKEN_TTL = 'forever-and-a-day';
    delete env.AUTH_TOKEN;
    const { code, said } = await run('doctor');
    expect(code).toBe(1);
    expect(said).toMatch(/^problem +AUTH_TOKEN +is missing\n +→ Copy the account's primary/m);
    expect(said).toContain('TOKEN_TTL');
    expect(said).not.toContain('forever-and-a-day');
    expect(said).toContain('Nothing else can be checked');
  });

  it.each([
    ['TWILIO_API_KEY_SECRET', 'wrong', 'API key', 'does not know this key'],
    ['AUTH_TOKEN', 'wrong', 'AUTH_TOKEN', 'every webhook would be refused'],
    ['CONVERSATIONS_SERVICE_SID', `IS${'0'.repeat(32)}`, 'service', 'has no Conversations service'],
  ])('knows a %s that is not right', async (variable, value, about, text) => {
    env[variable] = value;
    expect(await findings(about)).toEqual([
      expect.objectContaining({ level: 'problem', text: expect.stringContaining(text) }),
    ]);
  });

  it('knows tokens that the service refuses', async () => {
    env.TWILIO_API_KEY_SECRET = 'another';
    expect(await findings('access token')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('refuses the tokens') },
    ]);
  });

  it('sees a webhook of somebody else, a global one of the same address, and the wrong method', async () => {
    await startHost();
    await run('webhooks');
    const client = createTwilioClient(configOf());
    const url = `${env.PUBLIC_BASE_URL}/webhooks/conversation-added`;
    await client.conversations.v1.configuration.webhooks().update({ postWebhookUrl: url });
    const webhooks = client.conversations.v1.services(configOf().serviceSid).configuration.webhooks();
    await webhooks.update({ method: 'GET' });
    expect(await findings('webhooks')).toMatchObject([
      { level: 'problem', text: expect.stringMatching(/^method is GET/) },
    ]);
    expect(await findings('other webhooks')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('reported twice') },
    ]);
    await webhooks.update({ postWebhookUrl: 'http://127.0.0.1:9/another' });
    expect(await findings('webhooks')).toContainEqual(
      expect.objectContaining({ fix: 'Run conversations-web-chat webhooks --replace.' }),
    );
  });

  it('asks Redis and the public keys of the host site', async () => {
    const { port, stop } = await startRedis();
    stops.push(stop);
    const keys: object[] = [];
    env.REDIS_URL = `redis://127.0.0.1:${port}`;
    env.USER_TOKEN_ISSUER = 'shop';
    env.USER_TOKEN_ALGORITHM = 'ES256';
    env.USER_TOKEN_JWKS_URL = `${await serve(() => [200, { keys }])}/keys`;
    expect(await findings('REDIS_URL')).toMatchObject([{ level: 'ok' }]);
    expect(await findings('USER_TOKEN_JWKS_URL')).toMatchObject([
      { level: 'problem', text: 'has no key for ES256' },
    ]);
    keys.push({ kty: 'EC', kid: 'a', d: 'private' });
    expect(await findings('USER_TOKEN_JWKS_URL')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('a private key') },
    ]);
    keys.splice(0, 1, { kty: 'EC', kid: 'a' }, { kty: 'oct', kid: 'b', k: 'shared' });
    expect(await findings('USER_TOKEN_JWKS_URL')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('a private key') },
    ]);
    keys.splice(0, 2, { kty: 'EC', kid: 'a' });
    expect(await findings('USER_TOKEN_JWKS_URL')).toMatchObject([{ level: 'ok', text: '1 key for ES256' }]);
    for (const nothing of [null, [], { keys: 'none' }, 'text']) {
      env.USER_TOKEN_JWKS_URL = `${await serve(() => [200, nothing])}/keys`;
      expect(await findings('USER_TOKEN_JWKS_URL')).toMatchObject([
        { level: 'problem', text: 'has no key for ES256' },
      ]);
    }
    env.REDIS_URL = 'redis://:a-password-of-redis@127.0.0.1:1';
    expect(await findings('REDIS_URL')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('127.0.0.1:1 does not answer') },
    ]);
  });

  it('says what it cannot check when nothing answers, and does not call that done', async () => {
    await emulator.close();
    // Whatever else runs on this machine, it is not there.
    env.PUBLIC_BASE_URL = 'http://127.0.0.1:1';
    const { code, said } = await run('doctor');
    expect(code).toBe(1);
    expect(said).toMatch(/^0 problems, .+\nWhat could not be checked may be wrong: ask again/m);
    const unchecked = (await findings()).filter(({ level }) => level === 'cannot check');
    expect(unchecked.map(({ about }) => about)).toEqual([
      'API key',
      'AUTH_TOKEN',
      'key type',
      'access token',
      'usage trigger',
      'roles',
      'webhooks',
      'other webhooks',
      'PUBLIC_BASE_URL',
    ]);
  });

  it.each([['/Roles'], ['/Configuration/Webhooks']])(
    'does not pass where it could not look at %s',
    async (path) => {
      env.CHAT_MODE = 'hardened';
      await startHost();
      await run('roles');
      await run('webhooks');
      expect((await run('doctor')).code).toBe(0);
      emulator.faults.answer({ status: 500, path, times: 2 });
      const { code, said } = await run('doctor');
      expect(said).toMatch(/^0 problems, 0 warnings, [34] could not be checked/m);
      expect(code).toBe(1);
    },
  );

  it('tells what is wrong with the webhook also where the account does not show its own', async () => {
    emulator.faults.answer({ status: 403, path: '/v1/Configuration/Webhooks' });
    expect(await findings('webhooks')).toMatchObject([
      { level: 'problem', text: expect.stringMatching(/^postWebhookUrl/) },
      { level: 'problem', text: expect.stringMatching(/^filters/) },
      { level: 'problem', text: expect.stringMatching(/^method/) },
    ]);
    emulator.faults.answer({ status: 403, path: '/v1/Configuration/Webhooks' });
    expect(await findings('other webhooks')).toMatchObject([
      { level: 'cannot check', text: expect.stringContaining('HTTP 403') },
    ]);
  });

  it('says that Twilio cannot reach an address of a private network', async () => {
    for (const host of ['10.1.2.3', 'chat.internal', '[fd00::1]', '169.254.0.9', 'chat']) {
      const config = { ...configOf(), publicBaseUrl: `https://${host}` };
      delete config.twilioApiBaseUrl;
      expect(await checkPublicUrl(config)).toMatchObject([
        { level: 'problem', text: expect.stringContaining('Twilio cannot reach') },
      ]);
    }
  });

  it('shows no secret, whatever is wrong', async () => {
    Object.assign(env, {
      REDIS_URL: 'redis://:a-password-of-redis@127.0.0.1:1',
      HUMAN_CHECK: 'turnstile',
      HUMAN_CHECK_SECRET: 'a-secret-of-turnstile',
      USER_TOKEN_ISSUER: 'shop',
      USER_TOKEN_ALGORITHM: 'HS256',
      USER_TOKEN_SECRETS: `first=${'user-token-secret'.repeat(2)}`,
    });
    const outputs = [await run('doctor'), await run('doctor', '--json')];
    await emulator.close();
    outputs.push(await run('doctor'));
    env.USER_TOKEN_SECRETS = 'first=user-token-secret';
    outputs.push(await run('doctor'));
    delete env.USER_TOKEN_SECRETS;
    env.USER_TOKEN_ALGORITHM = 'ES256';
    env.USER_TOKEN_JWKS_URL = 'https://shop:a-secret-of-the-site@127.0.0.1:1/keys';
    outputs.push(await run('doctor'), await run('webhooks'), await run('roles'));
    const printed = JSON.stringify(outputs);
    const { TWILIO_API_KEY_SID: sid, TWILIO_API_KEY_SECRET: secret, AUTH_TOKEN: token } = env;
    const basic = Buffer.from(`${sid}:${secret}`).toString('base64');
    for (const hidden of [secret!, token!, basic, 'a-password', 'a-secret-of', 'user-token-secret', 'eyJ']) {
      expect(printed).not.toContain(hidden);
    }
  });

  it('knows a deployment on Twilio Functions by the refusal of its token service', async () => {
    await startHost();
    const base = env.PUBLIC_BASE_URL!;
    expect((await run('doctor', '--functions', base)).said).toMatch(
      /^ok +Twilio Functions +\S+\/chat-widget answers$/m,
    );
    const blank = { ...env, PUBLIC_BASE_URL: '' };
    const io = recordedIo(blank);
    await runCli(['doctor', '--functions', base], io);
    expect(io.said.join('\n')).toContain(`→ Run conversations-web-chat webhooks --functions ${base}.`);
    expect(io.said.join('\n')).not.toMatch(/PUBLIC_BASE_URL|TRUSTED_PROXIES|REDIS_URL/);
    const other = await serve(() => [404, {}]);
    expect((await run('doctor', '--functions', other)).said).toMatch(
      /^problem +Twilio Functions .+answers 404/m,
    );
  });

  // Twilio's account API cannot be reached here: this server answers as its public reference says.
  it.each([
    ['a Standard key', {}, 401, [], { 'key type': 'ok', 'usage trigger': 'warning' }],
    ['a Main key', {}, 200, [{}], { 'key type': 'warning', 'usage trigger': 'ok' }],
    ['a Restricted key', { policy: { allow: ['/x'] } }, 401, [{}], { 'key type': 'problem' }],
  ])('tells %s, as far as its account says', async (_name, key, keysStatus, triggers, levels) => {
    const account = await serve(({ url = '' }) => {
      if (url.startsWith('/v1/Keys/')) return [200, { sid: env.TWILIO_API_KEY_SID, ...key }];
      if (url.includes('/Keys/')) return [keysStatus, { sid: env.TWILIO_API_KEY_SID, code: 20003 }];
      return [200, { usage_triggers: triggers, page: 0, page_size: 50, next_page_uri: null }];
    });
    const found = await examine(configOf(), { places: { account } });
    for (const [about, level] of Object.entries(levels)) {
      expect(found.filter((finding) => finding.about === about)).toMatchObject([{ level }]);
    }
  });
});
