import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createProxy, type Wire } from './proxy.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function wired() {
  const ends = new Set<Socket>();
  const server = createServer((socket) => {
    ends.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(async () => {
    for (const end of ends) end.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const proxy = await createProxy({ port: typeof address === 'object' && address ? address.port : 0 });
  cleanUps.push(() => proxy.close());
  return proxy;
}

/** Somebody who talks into an echo. */
async function talker(proxy: Wire) {
  let heard = '';
  let closed = false;
  const socket = connect(proxy.port, '127.0.0.1');
  cleanUps.push(async () => socket.destroy());
  socket.on('data', (bytes) => {
    heard += bytes;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  // A connection that is refused may be over before it began.
  await new Promise((resolve) => void socket.once('connect', resolve).once('close', resolve));
  return { say: (text: string) => void socket.write(text), heard: () => heard, closed: () => closed };
}

const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2));
};

test('passes everything on, and nothing while it is stalled, and that afterwards', async () => {
  const proxy = await wired();
  const one = await talker(proxy);
  one.say('a');
  await until(() => one.heard() === 'a');
  proxy.stall();
  one.say('b');
  const two = await talker(proxy);
  two.say('c');
  await until(() => two.heard() === 'c');
  expect(one.heard()).toBe('a');
  expect(one.closed()).toBe(false);
  proxy.resume();
  await until(() => one.heard() === 'ab');
});

test('cuts what is open, refuses what comes, or takes it and says nothing', async () => {
  const proxy = await wired();
  const one = await talker(proxy);
  await until(() => proxy.open() === 1);
  proxy.cut();
  await until(() => one.closed() && proxy.open() === 0);
  proxy.manner('refuse');
  const two = await talker(proxy);
  await until(two.closed);
  proxy.manner('black_hole');
  const three = await talker(proxy);
  three.say('anybody?');
  proxy.manner('pass');
  const four = await talker(proxy);
  four.say('d');
  await until(() => four.heard() === 'd');
  expect([three.heard(), three.closed(), proxy.open(), proxy.made()]).toEqual(['', false, 2, 4]);
});
