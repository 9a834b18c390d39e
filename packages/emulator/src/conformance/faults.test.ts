import type { Client, ConnectionState, Message } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { openRawClient, type RawClient } from './raw-client.js';
import { next, reaches, type Service, shareConversation, startService } from './service.js';

const statesOf = (client: Client): ConnectionState[] => {
  const states: ConnectionState[] = [];
  client.on('connectionStateChanged', (state) => states.push(state));
  return states;
};

const basic = ({ credentials }: Service) =>
  `Basic ${Buffer.from(`${credentials.accountSid}:${credentials.authToken}`).toString('base64')}`;
const ordered = async (service: Service, body: unknown): Promise<unknown> => {
  const reply = await fetch(`${service.restUrl}/_emulator/faults`, {
    method: 'POST',
    headers: { authorization: basic(service) },
    body: JSON.stringify(body),
  });
  return reply.json();
};

describe('faults on demand with the official SDK', () => {
  it('cut the sockets of one identity, which comes back by itself', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine] = await shareConversation(alice, bob);
    const bobs = statesOf(bob);
    const lost = reaches(alice, 'connecting');
    const back = lost.then(() => reaches(alice, 'connected'));
    expect(await ordered(service, { op: 'drop', identity: 'alice' })).toEqual({
      ok: true,
      op: 'drop',
      sockets: 1,
    });
    await back;
    expect(await mine!.sendMessage('back')).toBe(0);
    expect(bobs).toEqual([]);
  });

  it('say goodbye in a frame, then close the socket, and say nothing between', async () => {
    const service = await startService();
    const raw = await openRawClient(service);
    await raw.init('alice');
    // While the goodbye is on its way, there is time to ask.
    service.faults.latency(100);
    service.faults.close({ code: 500 });
    const unanswered = raw.ask({ method: 'message', http_request: { method: 'GET', path: '/x' } });
    expect((await raw.closed).code).toBe(1000);
    expect(await Promise.race([unanswered, 'nothing'])).toBe('nothing');
    const text = await (
      await fetch(`${service.restUrl}/_emulator/log`, { headers: { authorization: basic(service) } })
    ).text();
    expect(JSON.parse(text.trim().split('\n').at(-1)!)).toMatchObject({
      direction: 'out',
      identity: 'alice',
      frame: 'close',
      status: 500,
    });
  });

  it('say that a token is about to expire, though it is not', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const states = statesOf(alice);
    const told = next<void>('tokenAboutToExpire', (hear) => alice.on('tokenAboutToExpire', hear));
    expect(service.faults.tokenAboutToExpire('alice')).toBe(1);
    await told;
    await alice.updateToken(await service.token('alice', { seconds: 1800 }));
    expect(states).toEqual([]);
  });

  it('expire only what one identity has used until then', async () => {
    const service = await startService();
    const [raw, other, bob, bobAgain] = await Promise.all([1, 2, 3, 4].map(() => openRawClient(service)));
    const [token, bobs] = await Promise.all(['alice', 'bob'].map((identity) => service.token(identity)));
    const answer = async (client: RawClient, jwt: string) =>
      (await client.ask({ method: 'init', token: jwt })).header.status;
    expect(await answer(raw!, token!)).toMatchObject({ code: 200 });
    expect(await answer(bob!, bobs!)).toMatchObject({ code: 200 });
    service.faults.expireToken('alice', 'drop');
    await raw!.closed;
    expect(await answer(bobAgain!, bobs!)).toMatchObject({ code: 200 });
    expect(await answer(other!, token!)).toMatchObject({ code: 401, errorCode: 20104 });
    service.faults.reset();
    expect(await answer(other!, token!)).toMatchObject({ code: 401, errorCode: 20104 });
    expect(await answer(other!, await service.token('alice', { seconds: 60 }))).toMatchObject({ code: 200 });
  });

  it('hold replies and pushes back, in order, and every message arrives once', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const heard: string[] = [];
    const last = next<Message>(
      'the last message',
      (hear) =>
        mine!.on('messageAdded', (message) => {
          heard.push(message.body ?? '');
          hear(message);
        }),
      ({ body }) => body === 'at once again',
    );
    expect(await ordered(service, { op: 'latency', ms: 150 })).toEqual({ ok: true, op: 'latency' });
    const sentAt = performance.now();
    expect(await theirs!.sendMessage('0')).toBe(0);
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(150);
    const bodies = Array.from({ length: 10 }, (_, position) => String(position + 1));
    const indexes = await Promise.all(bodies.map((body) => theirs!.sendMessage(body)));
    expect(indexes).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    service.faults.latency(0);
    await theirs!.sendMessage('at once again');
    await last;
    expect(heard).toEqual(['0', ...bodies, 'at once again']);
  });

  it('hold a new socket back too, and a cut forgets what waited', async () => {
    const service = await startService();
    service.faults.latency(100);
    const startedAt = performance.now();
    const raw = await openRawClient(service);
    await raw.init('alice');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(100);
    const lost = raw.request('GET', '/Client/v2/Configuration');
    service.faults.drop('alice');
    await raw.closed;
    service.faults.reset();
    expect(await Promise.race([lost, 'nothing'])).toBe('nothing');
  });
});

describe('the log of frames', () => {
  it('tells what passed, and nothing of what it held', async () => {
    const service = await startService();
    const jwt = await service.token('alice');
    const client = service.open(jwt);
    await next<void>('initialized', (hear) => client.on('initialized', hear));
    const [conversation] = await shareConversation(client);
    await conversation!.sendMessage('a very private body', { note: 'private-attribute' });
    const reply = await fetch(`${service.restUrl}/_emulator/log`, {
      headers: { authorization: basic(service) },
    });
    expect(reply.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const text = await reply.text();
    const { accountSid: _, apiKeySid: __, serviceSid: ___, ...secrets } = service.credentials;
    for (const secret of [...jwt.split('.'), ...Object.values(secrets), basic(service), 'private']) {
      expect(text).not.toContain(secret);
    }
    const entries = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.slice(0, 3)).toMatchObject([
      { direction: 'in', identity: null, method: 'GET', path: '/v3/wsconnect', status: 101 },
      { direction: 'in', identity: null, frame: 'init', size: expect.any(Number) },
      { direction: 'out', identity: 'alice', frame: 'reply', status: 200 },
    ]);
    const path = `/Client/v2/Conversations/${conversation!.sid}/Messages`;
    expect(entries).toContainEqual({
      time: expect.any(String),
      direction: 'in',
      identity: 'alice',
      frame: 'message',
      method: 'POST',
      path,
      size: expect.any(Number),
    });
    expect(entries).toContainEqual(
      expect.objectContaining({ direction: 'out', frame: 'reply', status: 201 }),
    );
    expect(entries).toContainEqual(expect.objectContaining({ direction: 'out', frame: 'notification' }));
  });
});
