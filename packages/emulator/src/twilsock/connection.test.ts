import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createTrouble } from '../trouble/trouble.js';
import type { Session } from '../upstream.js';
import { openConnection } from './connection.js';
import { type ConnectionLimits, connectionLimits } from './connection-options.js';
import { createContinue } from './continuation.js';
import { decodeFrame, encodeFrame } from './frames.js';
import { createKeepAlive } from './keep-alive.js';

/** A real socket pair with one connection on the serving end; every token is taken. */
async function connectionWith(limits: Partial<ConnectionLimits>, clientOptions = {}) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new WebSocketServer({ server });
  const lines: string[] = [];
  let welcomed: (session: Session) => void;
  const session = new Promise<Session>((resolve) => {
    welcomed = resolve;
  });
  let sawClosed: (session: Session) => void;
  const closed = new Promise<Session>((resolve) => {
    sawClosed = resolve;
  });
  const keepAlive = createKeepAlive(limits.pingEvery ?? connectionLimits.pingEvery);
  sockets.on('connection', (socket, request) => {
    openConnection(socket, {
      verifyToken: async () => ({
        valid: true,
        token: { identity: 'alice', expiresAt: Date.now() + 60_000 },
      }),
      upstream: () => ({ status: 204 }),
      turn: { add: ({ run, settle }) => settle(run()), finish() {} },
      clock: { now: () => Date.now() },
      limits: { ...connectionLimits, ...limits },
      log: (line) => lines.push(line),
      wire: request.socket,
      trace: () => {},
      trouble: createTrouble(),
      keepAlive,
      resume: createContinue(() => 'secret'),
      welcome(one) {
        welcomed(one);
        return { storageId: 'id' };
      },
      closed: (one) => sawClosed(one),
    });
  });
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, clientOptions);
  onTestFinished(() => {
    client.terminate();
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    keepAlive.stop();
  });
  await once(client, 'open');
  return { client, session, closed, lines };
}

const init = encodeFrame({ method: 'init', id: '1', token: 'any' });

describe('a connection', () => {
  it('is cut when it does not authenticate in time', async () => {
    const { client } = await connectionWith({ authenticateWithin: 20 });
    const [code] = await once(client, 'close');
    expect(code).toBe(1006);
  });

  it('is cut when its peer has gone without a word', async () => {
    const { client, closed } = await connectionWith({ pingEvery: 30 }, { autoPong: false });
    client.send(init);
    await once(client, 'close');
    expect((await closed).identity).toBe('alice');
  });

  it('is kept, and pinged, while its peer answers', async () => {
    // Long enough that a busy machine answers in time: the next ping cuts who has not answered this one.
    const { client } = await connectionWith({ pingEvery: 250 });
    client.send(init);
    const methods: unknown[] = [];
    await new Promise<void>((resolve) => {
      client.on('message', (data: Buffer) => {
        const decoded = decodeFrame(data);
        if (decoded.ok) methods.push(decoded.frame.header.method);
        if (methods.length === 4) resolve();
      });
    });
    expect(methods).toEqual(['reply', 'ping', 'ping', 'ping']);
    expect(client.readyState).toBe(WebSocket.OPEN);
  });

  it('is cut when its peer reads too slowly to keep up', async () => {
    const { client, session, lines, closed } = await connectionWith({ bufferedBytes: 100_000 });
    client.send(init);
    const slow = await session;
    client.pause();
    const ended = closed;
    // More than the kernel takes for a socket that is not read.
    for (let sent = 0; sent < 400 && lines.length === 0; sent += 1) {
      slow.push('test', JSON.stringify({ filling: 'x'.repeat(100_000) }));
    }
    await ended;
    expect(lines).toEqual(['A client reads too slowly and was dropped']);
  });
});
