import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { testConfig } from '../testing/config.js';
import { createNodeHost, type NodeHostOptions } from './node.js';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function connection(options: Partial<NodeHostOptions>): Promise<Socket> {
  const host = await createNodeHost({ config: testConfig(), log: false, ...options });
  stops.push(() => host.close());
  const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  stops.push(() => socket.destroy());
  return socket;
}

/** Sends a byte at a time; resolves to what came back once the server has had enough. */
async function trickle(socket: Socket, begin: string): Promise<string> {
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.write(begin);
  const timer = setInterval(() => socket.write('x'), 20);
  await once(socket, 'close');
  clearInterval(timer);
  return answer;
}

test('whoever sends the head of a request byte by byte is cut off', async () => {
  const socket = await connection({ timeLimits: { headMs: 200 } });
  expect(await trickle(socket, 'GET /healthz HTTP/1.1\r\nX-Slow: ')).toContain(' 408 ');
}, 10_000);

test('whoever sends the body of a request byte by byte is cut off', async () => {
  const socket = await connection({ timeLimits: { headMs: 200, requestMs: 400 } });
  const head =
    'Host: chat\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\n';
  expect(await trickle(socket, `POST /chat-widget HTTP/1.1\r\n${head}`)).toContain(' 408 ');
}, 10_000);

test('whoever asks for a file and does not read it is cut off', async () => {
  const siteDir = await mkdtemp(join(tmpdir(), 'site-'));
  stops.push(() => rm(siteDir, { recursive: true }));
  await writeFile(join(siteDir, 'large.txt'), Buffer.alloc(32 * 1024 * 1024, 'x'));
  const socket = await connection({ siteDir, timeLimits: { idleMs: 300 } });
  socket.pause();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  // Only whoever writes hears that a connection was cut, when what came before it is not read. Rarer than `idleMs`.
  socket.write('GET /large.txt HTTP/1.1\r\nHost: chat\r\n\r\n');
  const knocking = setInterval(() => socket.write('GET /healthz HTTP/1.1\r\nHost: chat\r\n\r\n'), 1_000);
  stops.push(() => clearInterval(knocking));
  await closed;
}, 10_000);
