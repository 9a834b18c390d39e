import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import twilio from 'twilio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONVERSATION_ADDED, MESSAGE_ADDED, messageFields, VISITOR } from '../testing/deliveries.js';
import { testEnvironment } from '../testing/environment.js';
import { type ServerProcess, type ServerProgram, serverProgram } from '../testing/server-process.js';
import { type DeadlyProxy, type KillPoint, startDeadlyProxy } from './deadly-proxy.js';

/**
 * A server dies by SIGKILL at every write it makes, before and after the service has carried it out. Then the same
 * delivery comes again, to another process that has not seen it. What the conversation holds in the end has to be what
 * an undisturbed server leaves.
 *
 * `KILL_POINTS=all` for all bots, and for death before each write too, which leaves what death after the one before it
 * leaves.
 */
const everywhere = process.env.KILL_POINTS === 'all';

const BOTS = {
  'gives back three replies': `() => ['one', { body: 'two', attributes: { colour: 'red' } }, 'three']`,
  'says something that grows, and something after it': `async (message, context) => {
    const reply = context.growingReply({ by: 'a model' });
    reply.update('on');
    await reply.finish('one');
    return 'two';
  }`,
  'hands over and says so': `async (message, context) => {
    await context.handOver('asked for a person');
    return ['a colleague comes'];
  }`,
};

const MORE_BOTS = {
  'sends two replies itself, and gives back a third': `async (message, context) => {
    await context.reply('one');
    await context.reply('two');
    return 'three';
  }`,
  'sends all of its replies itself': `async (message, context) => {
    await context.reply('one');
    await context.reply('two');
  }`,
  'shows that it is at work': `async (message, context) => {
    await context.typing();
    return ['one', 'two'];
  }`,
  'says goodbye and ends the conversation': `async (message, context) => {
    await context.reply('bye');
    await context.end();
    return 'closed now';
  }`,
};

const PUBLIC_BASE_URL = 'https://chat.shop.example';
let emulator: Emulator;
let proxy: DeadlyProxy;
let program: ServerProgram;
let service: ReturnType<twilio.Twilio['conversations']['v1']['services']>;
const folder = mkdtempSync(join(tmpdir(), 'bots-'));
const running = new Set<ServerProcess>();

beforeAll(async () => {
  program = await serverProgram();
  emulator = await createEmulator();
  proxy = await startDeadlyProxy(emulator.restUrl);
  const { accountSid, authToken, serviceSid } = emulator.credentials;
  const client = twilio(accountSid, authToken);
  client.conversations.baseUrl = emulator.restUrl;
  service = client.conversations.v1.services(serviceSid);
});
afterAll(async () => {
  for (const { child, exit } of running) {
    child.kill('SIGKILL');
    await exit;
  }
  await proxy?.close();
  await emulator?.close();
  program?.remove();
  rmSync(folder, { recursive: true });
});

async function startServer(code: { onConversationAdded?: string; onMessageAdded: string }, restUrl: string) {
  const bot = join(folder, 'bot.mjs');
  const fields = Object.entries(code).map(([name, body]) => `${name}: ${body}`);
  writeFileSync(bot, `export default { identity: 'parrot', ${fields.join(', ')} };`);
  const server = program.start({
    ...testEnvironment({
      ...emulator.credentials,
      publicBaseUrl: PUBLIC_BASE_URL,
      twilioApiBaseUrl: restUrl,
    }),
    BOT: bot,
  });
  running.add(server);
  const url = await server.listening;
  return {
    url,
    kill: () => void server.child.kill('SIGKILL'),
    /** Resolves when it has finished what it accepted and ended, or was killed. */
    async ended() {
      await server.exit;
      running.delete(server);
    },
    stop: () => void server.child.kill('SIGTERM'),
  };
}

async function deliver(url: string, path: string, fields: Record<string, string>): Promise<void> {
  const { accountSid, serviceSid, authToken } = emulator.credentials;
  const params = { AccountSid: accountSid, ChatServiceSid: serviceSid, ...fields };
  const signature = twilio.getExpectedTwilioSignature(authToken, PUBLIC_BASE_URL + path, params);
  const { status } = await fetch(url + path, {
    method: 'POST',
    headers: { 'x-twilio-signature': signature },
    body: new URLSearchParams(params),
  });
  expect(status).toBeLessThan(300);
}

/** What a conversation holds, without what differs from one to the next. */
async function leftIn(sid: string) {
  const there = service.conversations(sid);
  const [messages, webhooks, { attributes, state }] = await Promise.all([
    there.messages.list(),
    there.webhooks.list(),
    there.fetch(),
  ]);
  return {
    messages: messages.map(({ author, body, attributes: marks }) => {
      const { inReplyTo, ...others } = JSON.parse(marks);
      return {
        author,
        body,
        ...others,
        answers: messages.find(({ sid: asked }) => asked === inReplyTo)?.index,
      };
    }),
    webhooks: webhooks.length,
    handover: JSON.parse(attributes).handover?.reason,
    working: JSON.parse(attributes).working,
    state,
  };
}

type Delivery = (url: string) => Promise<void>;

/** A conversation that nobody was told of, and what tells it. */
async function conversationToTell(welcome: boolean): Promise<{ sid: string; tell: Delivery }> {
  const { sid } = await service.conversations.create({});
  if (welcome) {
    const fields = { EventType: 'onConversationAdded', ConversationSid: sid };
    return { sid, tell: (url) => deliver(url, CONVERSATION_ADDED, fields) };
  }
  const asked = await service.conversations(sid).messages.create({ author: VISITOR, body: 'hello' });
  await service.conversations(sid).webhooks.create({
    target: 'webhook',
    'configuration.url': PUBLIC_BASE_URL + MESSAGE_ADDED,
    'configuration.filters': ['onMessageAdded'],
  });
  const fields = { ...messageFields(sid, 'hello'), MessageSid: asked.sid, Index: String(asked.index) };
  return { sid, tell: (url) => deliver(url, MESSAGE_ADDED, fields) };
}

function pointsOf(writes: number): KillPoint[] {
  const points = [...Array(writes).keys()].flatMap((write): KillPoint[] => [
    { write, when: 'before' },
    { write, when: 'after' },
  ]);
  return points.filter(({ write, when }) => everywhere || write === 0 || when === 'after');
}

async function expectTheSame(code: Parameters<typeof startServer>[0], welcome = false): Promise<void> {
  const undisturbed = await conversationToTell(welcome);
  proxy.killAt(null, () => {});
  const careful = await startServer(code, proxy.url);
  await undisturbed.tell(careful.url);
  careful.stop();
  await careful.ended();
  const writes = proxy.writes();
  expect(writes).toBeGreaterThan(0);

  const disturbed: { point: KillPoint; sid: string; tell: Delivery }[] = [];
  // The next one starts while this one works: starting is what takes the time.
  let next = startServer(code, proxy.url);
  for (const point of pointsOf(writes)) {
    const doomed = await next;
    next = startServer(code, proxy.url);
    const told = await conversationToTell(welcome);
    disturbed.push({ point, ...told });
    proxy.killAt(point, doomed.kill);
    // It may be killed before it has answered.
    await told.tell(doomed.url).catch(() => {});
    await doomed.ended();
  }

  const survivor = await next;
  proxy.killAt(null, () => {});
  for (const { tell } of [undisturbed, ...disturbed]) await tell(survivor.url);
  survivor.stop();
  await survivor.ended();
  const expected = await leftIn(undisturbed.sid);
  expect(expected.messages.length).toBeGreaterThan(1);
  for (const { point, sid } of disturbed) {
    expect(await leftIn(sid), `killed ${point.when} write ${point.write}`).toEqual(expected);
  }
}

test.each(Object.entries(everywhere ? { ...BOTS, ...MORE_BOTS } : BOTS))(
  'an answer is whole, and said once, wherever the server of a bot that %s is killed',
  async (_name, onMessageAdded) => {
    await expectTheSame({ onMessageAdded });
  },
  180_000,
);

test('a conversation has one webhook and one whole welcome, wherever the server is killed', async () => {
  const onMessageAdded = '() => null';
  await expectTheSame(
    { onConversationAdded: `() => ['welcome', 'what is it about?']`, onMessageAdded },
    true,
  );
}, 180_000);
