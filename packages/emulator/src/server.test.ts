import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { addConversation } from './conversations/add-conversation.js';
import { addMessage } from './conversations/add-message.js';
import { addParticipant } from './conversations/add-participant.js';
import { createEmulator } from './index.js';
import type { EmulatorOptions } from './options.js';
import { startReceiver } from './testing/receiver.js';
import { ask, helperFor, startForTest } from './testing/start.js';

const visitor = { source: 'SDK', identity: 'visitor-42' } as const;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'emulator-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const refused = async (options: EmulatorOptions) =>
  createEmulator(options).then(
    () => 'started',
    (error: { code: string; message: string }) => ({ code: error.code, message: error.message }),
  );

/** How an upgrade ends: open, or the status it is refused with. */
function upgrade(url: string, options: { origin?: string; headers?: Record<string, string> } = {}) {
  return new Promise<number | 'open'>((resolve, reject) => {
    const socket = new WebSocket(url, options);
    socket.on('open', () => {
      socket.close();
      resolve('open');
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

describe('an emulator', () => {
  it('listens on loopback, at the port it says', async () => {
    const { emulator } = await startForTest();
    expect(emulator.restUrl).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(emulator.wsUrl).toBe(`${emulator.restUrl.replace('http', 'ws')}/v3/wsconnect`);
  });

  it('draws credentials that the SDKs take for Twilio’s', async () => {
    const one = await startForTest();
    const two = await startForTest();
    expect(one.emulator.credentials).toEqual({
      accountSid: expect.stringMatching(/^AC[0-9a-f]{32}$/),
      authToken: expect.stringMatching(/^[0-9a-f]{32}$/),
      apiKeySid: expect.stringMatching(/^SK[0-9a-f]{32}$/),
      apiKeySecret: expect.stringMatching(/^[0-9a-f]{32}$/),
      serviceSid: expect.stringMatching(/^IS[0-9a-f]{32}$/),
    });
    expect(two.emulator.credentials.authToken).not.toBe(one.emulator.credentials.authToken);
  });

  it('takes the credentials it is given', async () => {
    const credentials = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'local-auth-token-0001' };
    const started = await startForTest({ credentials });
    expect(started.emulator.credentials).toMatchObject(credentials);
    expect(await helperFor(started).conversations.v1.conversations.list()).toEqual([]);
  });

  it('finds its credentials and conversations again in its file, whose folder it makes', async () => {
    const data = join(await folder(), 'deep', 'emulator.sqlite');
    const first = await startForTest({ data });
    const { sid } = await helperFor(first).conversations.v1.conversations.create({ uniqueName: 'kept' });
    await first.emulator.close();
    const second = await startForTest({ data });
    expect(second.emulator.credentials).toEqual(first.emulator.credentials);
    expect((await helperFor(second).conversations.v1.conversations('kept').fetch()).sid).toBe(sid);
  });

  it('is empty after a reset, with the same credentials', async () => {
    const started = await startForTest();
    const { v1 } = helperFor(started).conversations;
    await v1.conversations.create({ uniqueName: 'gone' });
    await v1.configuration
      .webhooks()
      .update({ postWebhookUrl: 'http://127.0.0.1:1/', filters: ['onMessageAdded'] });
    started.emulator.reset();
    expect(await v1.conversations.list()).toEqual([]);
    expect((await v1.configuration.webhooks().fetch()).postWebhookUrl).toBe(null);
    expect(await v1.services.list()).toHaveLength(1);
  });

  it('opens its socket to programs and pages of loopback, and to nobody else', async () => {
    const { emulator } = await startForTest();
    const { port } = new URL(emulator.wsUrl);
    expect(await upgrade(emulator.wsUrl)).toBe('open');
    expect(await upgrade(emulator.wsUrl, { origin: 'http://localhost:3000' })).toBe('open');
    expect(await upgrade(emulator.wsUrl, { origin: 'https://evil.example' })).toBe(403);
    expect(await upgrade(emulator.wsUrl, { headers: { host: `rebound.example:${port}` } })).toBe(403);
    expect(await upgrade(emulator.wsUrl.replace('/v3/wsconnect', '/elsewhere'))).toBe(501);
    emulator.faults.refuse(true);
    expect(await upgrade(emulator.wsUrl)).toBe(503);
    emulator.faults.refuse(false);
    expect(await upgrade(emulator.wsUrl)).toBe('open');
  });

  it('opens its socket to the pages that are listed', async () => {
    const { emulator } = await startForTest({ allowedOrigins: ['https://shop.example'] });
    expect(await upgrade(emulator.wsUrl, { origin: 'https://shop.example' })).toBe('open');
    expect(await upgrade(emulator.wsUrl, { origin: 'http://localhost:3000' })).toBe(403);
  });

  it('waits at its end for the webhook under way, and drops what waits behind it', async () => {
    const lines: string[] = [];
    const started = await startForTest({ log: (line) => void lines.push(line) });
    const { domain, emulator } = started;
    const receiver = await startReceiver();
    const { sid } = addConversation(domain, { by: visitor });
    addParticipant(domain, { by: visitor, conversationSid: sid, identity: 'visitor-42' });
    await helperFor(started)
      .conversations.v1.conversations(sid)
      .webhooks.create({
        target: 'webhook',
        'configuration.url': receiver.url,
        'configuration.filters': ['onMessageAdded'],
      });
    const release = receiver.hold();
    for (const body of ['one', 'two']) addMessage(domain, { by: visitor, conversationSid: sid, body });
    await receiver.count(1);
    let ended = false;
    const closing = emulator.close().then(() => {
      ended = true;
    });
    // The port is given back before the webhook is waited for: once it is free, the wait has begun.
    await vi.waitFor(() => expect(ask(started, '/')).rejects.toThrow());
    expect(ended).toBe(false);
    release();
    await closing;
    expect(receiver.values('Body')).toEqual(['one']);
    expect(lines).toEqual(['Webhook deliveries that were still waiting at the end, and were dropped: 1']);
  });

  it('ends though a socket that it refused never hangs up', async () => {
    const { emulator } = await startForTest();
    const { port, host } = new URL(emulator.restUrl);
    const peer = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void peer.destroy());
    peer.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    const [answer] = await once(peer, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 501 /);
    await emulator.close();
  });

  it('can be ended twice', async () => {
    const { emulator } = await startForTest();
    await Promise.all([emulator.close(), emulator.close()]);
    await emulator.close();
  });
});

describe('an emulator does not start', () => {
  it('on a port that is taken, and says so', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await refused({ port })).toEqual({
      code: 'port_in_use',
      message: `Port ${port} is already in use by another program.`,
    });
  });

  it('in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await refused({})).toEqual({
      code: 'refused_in_production',
      message: 'The emulator is for development: it does not run with NODE_ENV=production',
    });
  });

  it('with options that make no sense', async () => {
    expect(await refused({ port: 1.5 })).toMatchObject({ code: 'invalid_option' });
    expect(await refused({ data: '' })).toMatchObject({ code: 'invalid_option' });
    expect(await refused({ credentials: { accountSid: 'AC1' } })).toEqual({
      code: 'invalid_option',
      message: 'credentials.accountSid must be AC and 32 hex digits',
    });
    expect(await refused({ credentials: { authToken: '' } })).toMatchObject({ code: 'invalid_option' });
  });

  it('on a file that it cannot use', async () => {
    const path = await folder();
    expect(await refused({ data: path })).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('Cannot open the store'),
    });
  });

  it('in a folder that cannot be made, saying which', async () => {
    const file = join(await folder(), 'a-file');
    await writeFile(file, '');
    expect(await refused({ data: join(file, 'emulator.sqlite') })).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining(`Cannot make the folder ${file} for the store`),
    });
  });

  it('on a file that another emulator has open', async () => {
    const data = join(await folder(), 'emulator.sqlite');
    await startForTest({ data });
    expect(await refused({ data })).toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('is another emulator running on it?'),
    });
  });
});
