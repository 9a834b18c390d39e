import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { ChatSession } from '../contract.js';
import { createProxy } from './proxy.js';
import {
  allSent,
  bodies,
  type CleanUps,
  cleanUpAll,
  createProfile,
  isOnline,
  startRealService,
  until,
} from './real-chat.js';

/** Rows of the table of network and server faults, with the SDK and the emulator. */
const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

async function startedChat() {
  const service = await startRealService(cleanUps);
  const session = createProfile(cleanUps, service).open();
  session.start();
  await until(session, () => isOnline(session));
  return { service, session, sid: session.getSnapshot().conversationSid ?? '' };
}

const has = (session: ChatSession, count: number) =>
  session.getSnapshot().messages.length === count && allSent(session);

/** Every status from now on, in order. */
function watch(session: ChatSession): string[] {
  const seen: string[] = [];
  session.subscribe(() => {
    const { status } = session.getSnapshot();
    if (seen.at(-1) !== status) seen.push(status);
  });
  return seen;
}

test.each(['beforeWrite', 'afterWrite', 'afterReply'] as const)(
  'N1: a socket that is cut %s of a send shows it as sending, and delivers it once',
  async (when) => {
    const { service, session, sid } = await startedChat();
    service.faults.dropAround(when, { method: 'POST', path: '/Messages' });
    const states = new Set<string>();
    let most = 0;
    session.subscribe(() => {
      const { messages } = session.getSnapshot();
      most = Math.max(most, messages.length);
      for (const { state } of messages) states.add(state);
    });
    session.send('once');
    await until(session, () => isOnline(session) && has(session, 1));
    expect(await service.stored(sid)).toEqual(['once']);
    expect([...states]).toEqual(['sending', 'sent']);
    expect(most).toBe(1);
  },
);

test('N5: over a restart of the server the history stays, and what was missed comes in order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const store = join(folder, 'store.db');
  const first = await startRealService(cleanUps, { data: store });
  const port = Number(new URL(first.emulator.wsUrl).port);
  const profile = createProfile(cleanUps, first);
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  const sid = session.getSnapshot().conversationSid ?? '';
  session.send('before');
  await until(session, () => has(session, 1));
  const seen = watch(session);
  await first.emulator.close();
  await until(session, () => !isOnline(session));
  session.send('while it is down');
  expect(bodies(session)).toEqual(['before', 'while it is down']);
  const again = await startRealService(cleanUps, { data: store, port });
  for (let count = 0; count < 5; count += 1) await again.say(sid, `missed ${count}`);
  await until(session, () => isOnline(session) && has(session, 7));
  const stored = await again.stored(sid);
  expect(bodies(session)).toEqual(stored);
  expect(stored.filter((body) => body === 'while it is down')).toHaveLength(1);
  expect(session.getSnapshot().messages.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(seen).toContain('reconnecting');
  expect(seen).not.toContain('ended');
});

test('N11: 429 on a send is obeyed, said, and the message goes once', async () => {
  const { service, session, sid } = await startedChat();
  service.faults.answer({ status: 429, path: '/Messages', method: 'POST', times: 2, backoffMs: 1_000 });
  const reasons = new Set<string | null>();
  session.subscribe(() => reasons.add(session.getSnapshot().reason));
  const started = Date.now();
  session.send('slowly');
  await until(session, () => has(session, 1));
  // The SDK passes on no Retry-After: twice the second by which Twilio counts.
  expect(Date.now() - started).toBeGreaterThanOrEqual(2_000);
  expect(reasons).toContain('rate_limited');
  expect(session.getSnapshot()).toMatchObject({ status: 'online', reason: null });
  expect(await service.stored(sid)).toEqual(['slowly']);
});

test('N12: 503 twice on a send, and the message is delivered once', async () => {
  const { service, session, sid } = await startedChat();
  service.faults.answer({ status: 503, path: '/Messages', method: 'POST', times: 2 });
  session.send('in the end');
  session.send('after it');
  await until(session, () => has(session, 2));
  expect(await service.stored(sid)).toEqual(['in the end', 'after it']);
});

/** A frame as a server sends it: not masked. */
function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 0xff])
        : Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0, length >>> 24, length >>> 16, length >>> 8, length]);
  return Buffer.concat([head, payload]);
}

const TEXT = 1;
const BINARY = 2;

test('N10: frames that are malformed, cut short, oversized or text are ignored', async () => {
  const service = await startRealService(cleanUps);
  const proxy = await createProxy({ port: Number(new URL(service.emulator.wsUrl).port) });
  cleanUps.push(() => proxy.close());
  const profile = createProfile(cleanUps, service, { realtimeUrl: proxy.through(service.emulator.wsUrl) });
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  const sid = session.getSnapshot().conversationSid ?? '';
  const seen = watch(session);
  const text = (value: string) => Buffer.from(value);
  const header = '{"method":"notification","id":"TM1","payload_type":"application/json","payload_size":9999}';
  const hostile = [
    frame(TEXT, text('hello')),
    frame(TEXT, text('TWILSOCK V3.0 2\r\n{}\r\n')),
    frame(BINARY, text('')),
    frame(BINARY, text('TWILSOCK')),
    frame(BINARY, text('TWILSOCK V3.0 99999\r\n{}')),
    frame(BINARY, text('TWILSOCK V3.0 -1\r\n{}\r\n')),
    frame(BINARY, text('TWILSOCK V9.9 2\r\n{}\r\n')),
    frame(BINARY, text('TWILSOCK V3.0 5\r\n{"a":\r\n')),
    // Not `null`: of that header the SDK reads a field, and the error is the page's.
    frame(BINARY, text('TWILSOCK V3.0 2\r\n17\r\n')),
    frame(BINARY, text(`TWILSOCK V3.0 ${header.length}\r\n${header}\r\n{}`)),
    frame(BINARY, Buffer.from([0xff, 0xfe, 0x00, 0x80])),
    frame(BINARY, new Uint8Array(1_000_000)),
  ];
  for (const bytes of hostile) proxy.inject(bytes);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(TEXT, BINARY), (bytes, opcode) => {
      // A text frame that is no UTF-8 is against the protocol of the socket itself, which must be cut then.
      proxy.inject(frame(opcode, opcode === TEXT ? bytes.map((byte) => byte & 0x7f) : bytes));
    }),
    { numRuns: 100 },
  );
  await service.say(sid, 'still there?');
  session.send('yes');
  await until(session, () => has(session, 2));
  expect(new Set(seen)).toEqual(new Set(['online']));
});

test('N17: events that come twice, late and past each other give the list that the service has', async () => {
  const { service, session, sid } = await startedChat();
  const run = fc.record({
    seed: fc.nat(1_000_000),
    reorder: fc.nat(5),
    duplicate: fc.constantFrom(0, 0.3, 1),
    maxMs: fc.nat(30),
    keep: fc.constantFrom('item' as const, 'nothing' as const),
    acts: fc.array(fc.constantFrom('say', 'say', 'edit', 'remove', 'send'), { minLength: 3, maxLength: 8 }),
  });
  let said = 0;
  const property = fc.asyncProperty(run, async ({ seed, acts, ...disorder }) => {
    service.faults.seed(seed);
    service.faults.disorder(disorder);
    for (const act of acts) {
      said += 1;
      const list = await service.rest('GET', `/${sid}/Messages?PageSize=100`);
      const all = list.messages as { sid: string }[];
      const some = all[seed % Math.max(1, all.length)]?.sid;
      if (act === 'send') session.send(`own ${said}`);
      else if (act === 'say' || some === undefined) await service.say(sid, `said ${said}`);
      else if (act === 'edit') await service.edit(sid, some, `edited ${said}`);
      else await service.rest('DELETE', `/${sid}/Messages/${some}`);
    }
    await until(session, () => allSent(session));
    service.faults.disorder({});
    const expected = await service.stored(sid);
    await until(session, () => bodies(session).join('\n') === expected.join('\n'));
    const indexes = session.getSnapshot().messages.map(({ index }) => index ?? -1);
    expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
  });
  await fc.assert(property, { numRuns: 12, endOnFailure: true });
});
