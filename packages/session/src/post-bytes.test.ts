import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PostRequest, postBytes } from './post-bytes.js';
import { createFakeClock, type FakeClock } from './testing.js';

let server: Server;
let clock: FakeClock;
let cancel: AbortController;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
beforeEach(async () => {
  clock = createFakeClock();
  cancel = new AbortController();
  server = createServer((request, response) => answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function post(size: number, more: Partial<PostRequest> = {}): ReturnType<typeof postBytes> {
  return postBytes({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    headers: { 'X-Twilio-Token': 'a token' },
    content: new Blob(['x'.repeat(size)]),
    onSent() {},
    cancelled: cancel.signal,
    clock,
    ...more,
  });
}

const notSent = { name: 'ConnectionError', code: 'not_sent' };

test('posts all bytes with their number and the headers, and gives the answer', async () => {
  answer = async (request, response) => {
    let bytes = 0;
    for await (const part of request) bytes += (part as Buffer).length;
    const { 'content-length': length, 'x-twilio-token': token } = request.headers;
    response.writeHead(413).end(JSON.stringify({ bytes, length, token }));
  };
  const sent: number[] = [];
  const { status, text } = await post(200_000, { onSent: (bytes) => sent.push(bytes) });
  expect(status).toBe(413);
  expect(JSON.parse(text)).toEqual({ bytes: 200_000, length: '200000', token: 'a token' });
  expect(sent.length).toBeGreaterThan(2);
  await clock.settle();
  expect(clock.waiting()).toBe(0);
});

test('X9: ends at once when it is cancelled, on the line as well', async () => {
  let broken: Promise<unknown> = Promise.resolve();
  answer = (request, response) => {
    // Who does not read does not hear of the end either.
    request.resume();
    broken = once(response, 'close');
    cancel.abort();
  };
  await expect(post(5_000_000)).rejects.toMatchObject(notSent);
  await broken;
  await clock.settle();
  expect(clock.waiting()).toBe(0);
});

test('X9: posts nothing when it was cancelled before', async () => {
  let asked = 0;
  answer = (_, response) => {
    asked += 1;
    response.end();
  };
  cancel.abort();
  await expect(post(10)).rejects.toMatchObject(notSent);
  await clock.settle();
  expect(asked).toBe(0);
  expect(clock.waiting()).toBe(0);
});

test('ends when nothing has moved for 30 s, and not before', async () => {
  const begun = new Promise<void>((resolve) => {
    answer = () => resolve();
  });
  let failed = false;
  const posting = post(10).catch((error: unknown) => {
    failed = true;
    throw error;
  });
  posting.catch(() => {});
  await begun;
  await clock.advance(29_000);
  expect(failed).toBe(false);
  await clock.advance(2_000);
  await expect(posting).rejects.toMatchObject(notSent);
});

test('tells a line that breaks, and one that cannot be had', async () => {
  answer = (request) => request.socket.destroy();
  await expect(post(10)).rejects.toMatchObject(notSent);
  await expect(post(10, { url: 'http://127.0.0.1:1/' })).rejects.toMatchObject(notSent);
  await clock.settle();
  expect(clock.waiting()).toBe(0);
});
