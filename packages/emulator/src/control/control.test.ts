import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { StartedEmulator } from '../server.js';
import { startReceiver } from '../testing/receiver.js';
import { ask, helperFor, startForTest } from '../testing/start.js';

const faults = '/_emulator/faults';
const order = (started: StartedEmulator, body: unknown) =>
  ask(started, faults, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
const log = async (started: StartedEmulator): Promise<Record<string, unknown>[]> => {
  const text = await (await ask(started, '/_emulator/log')).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
};

describe('faults over HTTP', () => {
  it('are carried out, and say so', async () => {
    const started = await startForTest();
    const reply = await order(started, { op: 'drop', identity: 'nobody' });
    expect(reply.status).toBe(200);
    expect(await reply.json()).toEqual({ ok: true, op: 'drop', sockets: 0 });
    expect(await (await order(started, { op: 'refuse', on: true })).json()).toEqual({
      ok: true,
      op: 'refuse',
    });
    const met = (): Promise<unknown> =>
      new Promise((resolve) => {
        const socket = new WebSocket(started.emulator.wsUrl);
        socket.on('error', resolve);
        socket.on('open', () => {
          socket.terminate();
          resolve('open');
        });
      });
    expect(String(await met())).toContain('503');
    expect((await order(started, { op: 'reset' })).status).toBe(200);
    expect(await met()).toBe('open');
  });

  it('refuse what they cannot read', async () => {
    const started = await startForTest();
    const reply = await order(started, { op: 'latency', ms: 'slow' });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({
      status: 400,
      code: 20001,
      message: 'Invalid parameter: ms must be a whole number from 0 to 60000',
    });
    for (const body of ['', '{', 'op=drop', '['.repeat(50_000)]) {
      expect((await order(started, body)).status).toBe(400);
    }
    expect((await order(started, ' '.repeat(64 * 1024 + 1))).status).toBe(413);
    expect(() => started.emulator.faults.latency(-1)).toThrow('ms must be a whole number from 0 to 60000');
  });

  it('answer 200 or 400 to any JSON', async () => {
    const lines: string[] = [];
    const started = await startForTest({ log: (line) => void lines.push(line) });
    const op = fc.constantFrom(
      'drop',
      'refuse',
      'close',
      'tokenAboutToExpire',
      'expireToken',
      'latency',
      'halfOpen',
      'pauseReplies',
      'disorder',
      'answer',
      'seed',
      'reset',
    );
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom('alice', 'drop', 'close410', 308, 0, true));
    const fields = Object.fromEntries(
      [
        ...[
          'identity',
          'on',
          'code',
          'status',
          'how',
          'ms',
          'jitter',
          'distribution',
          'when',
          'method',
          'path',
        ],
        ...['nth', 'times', 'to', 'backoffMs', 'reorder', 'duplicate', 'minMs', 'maxMs', 'keep', 'seed'],
      ].map((name) => [name, field]),
    );
    const likely = fc.record({ op, ...fields }, { requiredKeys: ['op'] });
    const right = fc.oneof(
      fc.record({ op: fc.constant('refuse'), on: fc.boolean() }),
      fc.record({ op: fc.constant('latency'), ms: fc.nat(60_000) }),
      fc.record({ op: fc.constant('drop'), identity: fc.string({ minLength: 1, maxLength: 256 }) }),
    );
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.oneof(right, likely, fc.jsonValue()), async (body) => {
        const { status } = await order(started, body);
        statuses.add(status);
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 200 },
    );
    expect([...statuses].sort()).toEqual([200, 400]);
    expect(lines.filter((line) => !line.startsWith('Faults draw from seed'))).toEqual([]);
  });

  it('are for those who know the account, from pages that may', async () => {
    const started = await startForTest();
    for (const path of [faults, '/_emulator/log']) {
      const method = path === faults ? 'POST' : 'GET';
      const init = { method, ...(method === 'POST' && { body: '{"op":"reset"}' }) };
      for (const authorization of ['', 'Basic eDp5', 'Bearer x']) {
        const { status } = await ask(started, path, { ...init, headers: { authorization } });
        expect(status).toBe(401);
      }
      const foreign = await ask(started, path, { ...init, headers: { origin: 'https://evil.example' } });
      expect(foreign.status).toBe(403);
      expect((await ask(started, path, init)).status).toBe(200);
      const wrong = await ask(started, path, { method: 'DELETE' });
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, method]);
    }
    for (const path of ['/_emulator/', '/_emulator/constructor']) {
      expect((await ask(started, path)).status).toBe(404);
    }
  });
});

describe('the log over HTTP', () => {
  it('tells of requests, those that are refused and orders too, and not of itself', async () => {
    const started = await startForTest();
    await helperFor(started).conversations.v1.conversations.create({ friendlyName: 'Do not keep me' });
    await ask(started, '/v1/Nothing?password=1');
    await order(started, { op: 'refuse', on: true });
    await new Promise((resolve) => {
      new WebSocket(started.emulator.wsUrl).on('error', resolve);
    });
    await log(started);
    // A request is noted when its answer has left, which may be after its reader has it.
    const entries = await vi.waitFor(async () => {
      const found = await log(started);
      expect(found).toHaveLength(4);
      return found;
    });
    const common = { time: expect.any(String), direction: 'in', identity: null, size: expect.any(Number) };
    expect(entries).toEqual([
      { ...common, method: 'POST', path: '/v1/Conversations', status: 201 },
      { ...common, method: 'GET', path: '/v1/Nothing', status: 501 },
      { ...common, method: 'POST', path: faults, status: 200 },
      { ...common, method: 'GET', path: '/v3/wsconnect', status: 503 },
    ]);
  });

  it('tells of webhook deliveries, those that failed too, and not of their queries', async () => {
    const started = await startForTest();
    const receiver = await startReceiver();
    const { v1 } = helperFor(started).conversations;
    const configure = (url: string) =>
      v1.configuration.webhooks().update({ postWebhookUrl: url, filters: ['onConversationAdded'] });
    const options = { xTwilioWebhookEnabled: 'true' } as const;
    await configure(`${receiver.url}/hook?secret=1`);
    await v1.conversations.create(options);
    await started.webhooks.idle();
    receiver.answer = { status: 500 };
    await v1.conversations.create(options);
    await started.webhooks.idle();
    await configure('http://127.0.0.1:1/nobody');
    await v1.conversations.create(options);
    await started.webhooks.idle();
    const common = {
      time: expect.any(String),
      direction: 'out',
      identity: null,
      method: 'POST',
      size: expect.any(Number),
      webhook: 'onConversationAdded',
      ms: expect.any(Number),
    };
    const { port } = receiver;
    const deliveries = (await log(started)).filter(({ webhook }) => webhook !== undefined);
    expect(deliveries).toEqual([
      { ...common, target: `http://127.0.0.1:${port}/hook`, status: 204 },
      { ...common, target: `http://127.0.0.1:${port}/hook`, status: 500, failed: 'answered 500' },
      { ...common, target: 'http://127.0.0.1:1/nobody', failed: 'ECONNREFUSED' },
    ]);
  });
});
