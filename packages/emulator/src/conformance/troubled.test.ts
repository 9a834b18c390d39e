import type { Message } from '@twilio/conversations';
import { describe, expect, it, vi } from 'vitest';
import { openRawClient } from './raw-client.js';
import { next, reaches, type Service, shareConversation, startService } from './service.js';

async function chat(): Promise<{ service: Service } & Awaited<ReturnType<typeof talk>>> {
  const service = await startService();
  return { service, ...(await talk(service)) };
}

/** Alice writes, Bob listens. */
async function talk(service: Service) {
  const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
  const [mine, theirs] = await shareConversation(alice, bob);
  const heard: number[] = [];
  theirs!.on('messageAdded', ({ index }) => heard.push(index));
  return { alice, bob, mine: mine!, theirs: theirs!, heard };
}
const bodies = (messages: Message[]) => messages.map(({ body }) => body);
const rest = (service: Service, path: string, init: RequestInit = {}) => {
  const { accountSid, authToken } = service.credentials;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  return fetch(service.restUrl + path, { ...init, headers: { authorization, ...init.headers } });
};

describe('a socket cut around a write', () => {
  it.each([
    ['beforeWrite', 'rejects', ['then']],
    ['afterWrite', 'rejects', ['lost?', 'then']],
    ['afterReply', 'resolves', ['lost?', 'then']],
  ] as const)('%s: the send %s, and the history holds %j', async (when, outcome, history) => {
    const { service, alice, mine, theirs } = await chat();
    service.faults.dropAround(when, { identity: 'alice', path: '/Messages' });
    const lost = reaches(alice, 'connecting');
    const back = lost.then(() => reaches(alice, 'connected'));
    // The other write goes by unharmed, though it comes first.
    await mine.updateFriendlyName('renamed');
    const own: string[] = [];
    mine.on('messageAdded', ({ body }) => own.push(body ?? ''));
    const settled = mine.sendMessage('lost?').then(
      () => 'resolves',
      () => 'rejects',
    );
    expect(await settled).toBe(outcome);
    await back;
    await mine.sendMessage('then');
    await vi.waitFor(() => expect(own).toEqual(history), 10_000);
    expect(bodies((await theirs.getMessages()).items)).toEqual(history);
  });
});

describe('a half-open socket', () => {
  it('looks connected to its client, and goes on when the line is back', async () => {
    const { service, alice, bob, mine, theirs, heard } = await chat();
    const states: string[] = [];
    bob.on('connectionStateChanged', (state) => states.push(state));
    expect(service.faults.halfOpen(true, 'bob')).toBe(1);
    expect(service.faults.halfOpen(true, 'bob')).toBe(0);
    await mine.sendMessage('unheard');
    let answered = false;
    const sent = theirs.sendMessage('unread').then((index) => {
      answered = true;
      return index;
    });
    const raw = await openRawClient(service);
    await raw.init('bob');
    await mine.sendMessage('unheard too');
    expect([heard, answered, states]).toEqual([[], false, []]);
    service.faults.reset();
    expect(await sent).toBe(2);
    await vi.waitFor(() => expect(heard).toEqual([0, 1, 2]), 10_000);
    expect([alice.connectionState, bob.connectionState, states]).toEqual(['connected', 'connected', []]);
  });

  it('is cut at the end of the fault when its token ended meanwhile', async () => {
    const service = await startService();
    const client = service.open(await service.token('carol', { seconds: 2 }));
    await next<void>('initialized', (hear) => client.on('initialized', hear));
    let denied = false;
    const refused = reaches(client, 'denied').then(() => {
      denied = true;
    });
    service.faults.halfOpen(true);
    const raw = await openRawClient(service);
    await raw.ask({ method: 'init', token: await service.token('dave', { seconds: 2 }) });
    await raw.closed;
    expect(denied).toBe(false);
    service.faults.halfOpen(false);
    await refused;
  });
});

describe('replies that wait', () => {
  it('leave what they answer done, while events pass', async () => {
    const { service, mine, heard } = await chat();
    // Subscriptions begin with their replies; these must be there already.
    const begun = next<Message>('the first message', (hear) => mine.on('messageAdded', hear));
    await mine.sendMessage('before');
    await begun;
    await vi.waitFor(() => expect(heard).toEqual([0]), 10_000);
    service.faults.pauseReplies(true, 'alice');
    let answered = false;
    const own = next<Message>('her own message', (hear) => mine.on('messageAdded', hear));
    const sent = mine.sendMessage('done').then((index) => {
      answered = true;
      return index;
    });
    expect((await own).body).toBe('done');
    await vi.waitFor(() => expect(heard).toEqual([0, 1]), 10_000);
    expect(answered).toBe(false);
    service.faults.pauseReplies(false, 'alice');
    expect(await sent).toBe(1);
  });

  it('hold the start of a client up, and let it in', async () => {
    const service = await startService();
    service.faults.pauseReplies(true);
    const client = service.open(await service.token('alice'));
    const initialized = next<void>('initialized', (hear) => client.on('initialized', hear));
    const raw = await openRawClient(service);
    const waits = raw.init('bob').then(() => 'answered');
    // Long enough for an answer to have come, had it not been held.
    for (let round = 0; round < 10; round += 1) await rest(service, '/v1/Conversations');
    expect(raw.order).toEqual([]);
    service.faults.reset();
    await initialized;
    expect(await waits).toBe('answered');
  });
});

describe('an answer by force', () => {
  it('fails the n-th write over a socket without carrying it out', async () => {
    const { service, mine, theirs } = await chat();
    service.faults.answer({ status: 429, method: 'POST', path: '/Messages', nth: 2, times: 2 });
    expect(await mine.sendMessage('0')).toBe(0);
    for (const body of ['refused', 'refused too']) {
      await expect(mine.sendMessage(body)).rejects.toMatchObject({ status: 429, body: { code: 20429 } });
    }
    expect(await mine.sendMessage('1')).toBe(1);
    expect(bodies((await theirs.getMessages()).items)).toEqual(['0', '1']);
  });

  it('is overcome by the SDK where it asks again: its configuration and Sync objects', async () => {
    const service = await startService();
    service.faults.answer({ status: 503, path: '/Configuration', times: 3 });
    const client = service.open(await service.token('alice'));
    await next<void>('initialized', (hear) => client.on('initialized', hear));
  });

  it('fails REST requests, with the time to wait', async () => {
    const service = await startService();
    service.faults.answer({ status: 429, path: '/v1/*', method: 'GET', backoffMs: 1500 });
    service.faults.answer({ status: 500, code: 20_001, path: '/v1/Users', identity: 'alice' });
    expect((await rest(service, '/v1/Conversations', { method: 'POST' })).status).toBe(201);
    const refused = await rest(service, '/v1/Conversations', { headers: { origin: 'http://localhost:9' } });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
    expect(refused.headers.get('access-control-allow-origin')).toBe('http://localhost:9');
    expect(await refused.json()).toMatchObject({ status: 429, code: 20429, message: expect.any(String) });
    expect((await rest(service, '/v1/Conversations')).status).toBe(200);
    expect((await rest(service, '/v1/Users')).status).toBe(200);
    const token = await service.token('alice');
    const own = await rest(service, '/v1/Users', { headers: { 'x-twilio-token': token } });
    expect([own.status, await own.json()]).toEqual([500, expect.objectContaining({ code: 20001 })]);
  });

  it('429 to init makes the SDK wait as long as it is told, then it comes back', async () => {
    const service = await startService();
    service.faults.answer({ status: 429, code: 51_202, to: 'init', identity: 'alice', backoffMs: 700 });
    const askedAt = performance.now();
    const client = service.open(await service.token('alice'));
    await next<void>('initialized', (hear) => client.on('initialized', hear));
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(700);
  });

  it('500 to init makes the SDK try again, 403 is the end of it', async () => {
    const service = await startService();
    service.faults.answer({ status: 500, to: 'init', identity: 'alice' });
    const alice = service.open(await service.token('alice'));
    await next<void>('initialized', (hear) => alice.on('initialized', hear));
    service.faults.answer({ status: 403, code: 51_130, to: 'init', identity: 'bob' });
    const bob = service.open(await service.token('bob'));
    const error = await next<object>('connectionError', (hear) => bob.on('connectionError', hear));
    expect(error).toMatchObject({ terminal: true, httpStatusCode: 403, errorCode: 51130 });
    expect(alice.connectionState).toBe('connected');
  });

  it('to update loses the socket, and the client recovers with another token', async () => {
    const { service, alice, mine } = await chat();
    service.faults.answer({ status: 403, to: 'update' });
    const denied = reaches(alice, 'denied');
    await expect(alice.updateToken(await service.token('alice', { seconds: 1000 }))).rejects.toThrow();
    await denied;
    const back = reaches(alice, 'connected');
    await alice.updateToken(await service.token('alice', { seconds: 2000 }));
    await back;
    expect(await mine.sendMessage('back')).toBe(0);
  });

  it('429 to update cuts the client off, which waits and comes back by itself', async () => {
    const { service, alice } = await chat();
    service.faults.answer({ status: 429, to: 'update', backoffMs: 300 });
    const back = reaches(alice, 'connecting').then(() => reaches(alice, 'connected'));
    await alice.updateToken(await service.token('alice', { seconds: 1000 })).catch(() => {});
    await back;
  });
});

describe('latency by chance', () => {
  it("differs from frame to frame, keeps their order, and is one identity's", async () => {
    const { service, mine, theirs, heard } = await chat();
    service.faults.latency(20, { jitter: 20, distribution: 'exponential', identity: 'bob' });
    const raw = await openRawClient(service);
    await raw.init('carol');
    const sent = Array.from({ length: 30 }, (_, index) => mine.sendMessage(String(index)));
    expect((await Promise.all(sent)).length).toBe(30);
    await vi.waitFor(() => expect(heard).toHaveLength(30), 10_000);
    expect(heard).toEqual([...heard].sort((one, other) => one - other));
    expect(bodies((await theirs.getMessages(50)).items)).toHaveLength(30);
  });
});

describe('disordered events', () => {
  it('reach the SDK as each message once, though in another order, and leave the same history', async () => {
    const { service, mine, theirs, heard } = await chat();
    // Only live events are disordered: those of a subscription that has begun.
    await mine.sendMessage('0');
    await vi.waitFor(() => expect(heard).toEqual([0]), 10_000);
    service.faults.seed(11);
    service.faults.disorder({ reorder: 4, duplicate: 0.4, maxMs: 30 });
    for (let index = 1; index < 40; index += 1) await mine.sendMessage(String(index));
    await vi.waitFor(() => expect(heard).toHaveLength(40), 10_000);
    const sorted = [...heard].sort((one, other) => one - other);
    expect(sorted).toEqual([...Array(40).keys()]);
    expect(heard).not.toEqual(sorted);
    const [first] = (await mine.getMessages()).items;
    const edited = next<{ message: Message }>('the edit', (hear) => theirs.on('messageUpdated', hear));
    await first!.updateBody('edited');
    expect((await edited).message.body).toBe('edited');
    service.faults.reset();
    const history = await theirs.getMessages(100);
    expect(history.items.map(({ index }) => index)).toEqual(sorted);
    expect(theirs.lastMessage?.index).toBe(39);
  });
});
