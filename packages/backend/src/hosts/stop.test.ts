import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator } from '@conversations-web-chat/emulator';
import twilio from 'twilio';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { testConfig } from '../testing/config.js';
import { messageFields } from '../testing/deliveries.js';
import { testEnvironment } from '../testing/environment.js';
import { gate } from '../testing/gate.js';
import { type ServerProgram, serverProgram } from '../testing/server-process.js';
import { newVisitor } from '../testing/visitor.js';
import { createNodeHost } from './node.js';

let program: ServerProgram;
beforeAll(async () => {
  program = await serverProgram();
}, 60_000);
afterAll(() => program.remove());
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test('SIGTERM under load cuts no request that was accepted, and bots finish what they accepted', async () => {
  const emulator = await createEmulator();
  stops.push(() => emulator.close());
  const { credentials } = emulator;
  const client = twilio(credentials.accountSid, credentials.authToken);
  client.conversations.baseUrl = emulator.restUrl;
  const service = client.conversations.v1.services(credentials.serviceSid);

  // The bot answers when the test says so.
  const thought = gate();
  let thinking = 0;
  const brain = createServer((_request, response) => {
    thinking += 1;
    void thought.opened.then(() => response.end());
  }).listen(0, '127.0.0.1');
  await once(brain, 'listening');
  stops.push(() => brain.close());
  const dir = await mkdtemp(join(tmpdir(), 'slow-bot-'));
  stops.push(() => rm(dir, { recursive: true }));
  const bot = join(dir, 'slow-bot.mjs');
  await writeFile(
    bot,
    `export default { identity: 'slow-bot', async onMessageAdded({ body }) {
       await fetch('http://127.0.0.1:${(brain.address() as AddressInfo).port}');
       return 'You said ' + body;
     } };`,
  );

  const { accountSid, authToken, apiKeySid, apiKeySecret, serviceSid } = credentials;
  const ours = { accountSid, authToken, apiKeySid, apiKeySecret, serviceSid };
  const server = program.start({
    ...testEnvironment({ ...ours, twilioApiBaseUrl: emulator.restUrl }),
    BOT: bot,
    LOG_LEVEL: 'debug',
    TRUSTED_PROXIES: 'loopback',
  });
  stops.push(() => server.child.kill('SIGKILL'));
  const url = await server.listening;

  const conversations = await Promise.all(
    [1, 2, 3].map(async () => (await service.conversations.create({})).sid),
  );
  for (const sid of conversations) {
    const address = `${url}/webhooks/message-added`;
    const params = { AccountSid: accountSid, ChatServiceSid: serviceSid, ...messageFields(sid, 'hello') };
    const headers = { 'x-twilio-signature': twilio.getExpectedTwilioSignature(authToken, address, params) };
    const accepted = await fetch(address, { method: 'POST', headers, body: new URLSearchParams(params) });
    expect(accepted.status).toBe(204);
  }
  await expect.poll(() => thinking).toBe(3);

  // One whose head has arrived, and whose body comes when the server is stopping.
  const late = await newVisitor();
  const body = new URLSearchParams({ proof: late.proof }).toString();
  const slow = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  slow.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  const slowEnds = once(slow, 'end');
  slow.write(
    `POST /chat-widget?identity=${late.identity} HTTP/1.1\r\nHost: chat\r\nX-Forwarded-For: 203.0.113.9\r\nOrigin: https://shop.example\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  );
  await expect.poll(() => answer).toContain('100 Continue');

  let answered = 0;
  const load = Array.from({ length: 20 }, async () => {
    const { identity, proof } = await newVisitor();
    for (;;) {
      try {
        const response = await fetch(`${url}/chat-widget?identity=${identity}`, {
          method: 'POST',
          headers: { origin: 'https://shop.example' },
          body: new URLSearchParams({ proof }),
        });
        await response.text();
        expect([200, 429]).toContain(response.status);
        answered += 1;
      } catch (error) {
        // Whoever is not accepted any more goes elsewhere; what was accepted is counted by the server below.
        if (!(error instanceof TypeError)) throw error;
        return;
      }
    }
  });
  await expect.poll(() => answered).toBeGreaterThan(200);
  server.child.kill('SIGTERM');
  await Promise.all(load);
  slow.write(body);
  await slowEnds;
  expect(answer).toContain('HTTP/1.1 200 OK');
  expect(server.child.exitCode).toBeNull();
  thought.open();

  expect(await server.exit).toBe(0);
  const lines = server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { msg: string; req?: { path?: string } });
  const taken = lines.filter(({ req }) => req?.path === '/chat-widget');
  expect(taken.every(({ msg }) => msg === 'request completed')).toBe(true);
  expect(taken).toHaveLength(answered + 1);
  for (const sid of conversations) {
    const bodies = (await service.conversations(sid).messages.list()).map((message) => message.body);
    expect(bodies).toEqual(['You said hello']);
  }
}, 30_000);

test('a server that is to stop says so first, and still answers until those who ask it know', async () => {
  const host = await createNodeHost({ config: testConfig(), log: false, drainMs: 500 });
  const status = async (path: string) => (await fetch(host.url + path)).status;
  expect(await status('/readyz')).toBe(200);
  const closed = host.close();
  expect([await status('/readyz'), await status('/healthz')]).toEqual([503, 200]);
  await closed;
  await expect(status('/readyz')).rejects.toThrow('fetch failed');
});
