import { describe, expect, it, vi } from 'vitest';
import { addConversation } from '../conversations/add-conversation.js';
import { addMessage } from '../conversations/add-message.js';
import type { RoleName } from '../conversations/permissions.js';
import { removeConversation } from '../conversations/remove-conversation.js';
import { updateConversation } from '../conversations/update-conversation.js';
import { updateUser } from '../conversations/update-user.js';
import { isObject, type JsonObject } from '../json.js';
import { openRawClient, type RawClient } from './raw-client.js';
import { next, reaches, type Service, shareConversation, startService } from './service.js';

const path = '/v4/Subscriptions';
const by = { source: 'API', webhooksEnabled: false } as const;
const establish = (client: RawClient, correlationId: number, ...requests: JsonObject[]) =>
  client.request('POST', path, { action: 'establish', correlation_id: correlationId, requests });
const result = (client: RawClient, correlationId: number, type = 'established') =>
  client.notification(
    ({ event_type, correlation_id }) =>
      event_type === `subscription_${type}` && correlation_id === correlationId,
  );
const eventsOf = (payload: JsonObject): JsonObject[] =>
  Array.isArray(payload.events) ? payload.events.filter(isObject) : [];
const indexes = (client: RawClient): unknown[] =>
  client.notifications.flatMap(([, { event }]) =>
    isObject(event) && 'item_index' in event ? [event.item_index] : [],
  );

/** A conversation of Alice and Bob, written to by the service itself: thousands of messages in no time. */
async function spoken(service: Service) {
  const alice = await service.connect('alice');
  const [conversation] = await shareConversation(alice);
  await conversation!.add('bob');
  const say = (body: string) => {
    addMessage(service.domain, { by, conversationSid: conversation!.sid, body });
  };
  const bob = await openRawClient(service);
  const welcome = (await bob.init('bob')).header;
  const listPath = `/v3/Lists/${conversation!.sid}.messages`;
  const { sid } = (await bob.request('GET', listPath)).body as { sid: string };
  const list = (lastEventId: number | null) => ({
    object_sid: sid,
    object_type: 'list',
    last_event_id: lastEventId,
  });
  return { alice, conversation: conversation!, say, bob, welcome, list };
}
const quickly = { limits: { replayEvents: 400 } };

describe('a long replay', () => {
  it('comes in parts, each of which the client asks for, and subscribes at its end', async () => {
    const service = await startService({}, quickly);
    const { say, bob, list } = await spoken(service);
    for (let index = 0; index < 900; index += 1) say(String(index));
    await establish(bob, 1, list(0), { ...list(0), object_type: 'map' });
    const [first] = eventsOf(await result(bob, 1));
    expect(first).toMatchObject({ replay_status: 'interrupted', last_event_id: 400 });
    say('900, which nobody is subscribed to yet');
    await establish(bob, 2, list(400));
    await result(bob, 2);
    await establish(bob, 3, list(800));
    const [last] = eventsOf(await result(bob, 3));
    expect(last).toMatchObject({ replay_status: 'completed', last_event_id: 901 });
    say('901');
    await bob.request('GET', '/Client/v2/Configuration');
    expect(indexes(bob)).toEqual([...Array(902).keys()]);
  });

  it('is shared by all that one request names, and what got nothing asks again', async () => {
    const service = await startService({}, quickly);
    const { conversation, say, bob, list } = await spoken(service);
    for (let index = 0; index < 400; index += 1) say(String(index));
    const roster = (await bob.request('GET', `/v3/Maps/${conversation.sid}.roster`)).body as { sid: string };
    const map = { object_sid: roster.sid, object_type: 'map', last_event_id: 0 };
    await establish(bob, 1, list(0), map);
    expect(eventsOf(await result(bob, 1))).toMatchObject([
      { object_type: 'list', replay_status: 'completed', last_event_id: 400 },
      { object_type: 'map', replay_status: 'interrupted', last_event_id: 0 },
    ]);
    await establish(bob, 2, map);
    expect(eventsOf(await result(bob, 2))).toMatchObject([{ replay_status: 'completed' }]);
  });

  it('reaches the official SDK whole, once and in order, after a gap of thousands of changes', async () => {
    const service = await startService({}, quickly);
    const { say, conversation } = await spoken(service);
    const bob = await service.connect('bob');
    const theirs = await bob.getConversationBySid(conversation.sid);
    await theirs.getMessages(1);
    const heard: number[] = [];
    theirs.on('messageAdded', ({ index }) => heard.push(index));
    const lost = reaches(bob, 'connecting');
    service.faults.drop('bob');
    service.faults.refuse(true);
    await lost;
    for (let index = 0; index < 2_500; index += 1) say(String(index));
    service.faults.refuse(false);
    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(2_500), 30_000);
    await conversation.sendMessage('after');
    await vi.waitFor(() => expect(heard).toHaveLength(2_501), 10_000);
    expect(heard).toEqual([...Array(2_501).keys()]);
  });
});

describe('a subscription', () => {
  it('is refreshed by the official SDK in time, and of who does not, it lapses', async () => {
    const service = await startService({}, { limits: { subscriptionTtl: 0.4 } });
    const { conversation, bob, list } = await spoken(service);
    const carol = await service.connect('carol');
    const joined = next<{ sid: string }>('conversationJoined', (hear) =>
      carol.on('conversationJoined', hear),
    );
    await conversation.add('carol');
    await joined;
    const theirs = await carol.getConversationBySid(conversation.sid);
    await theirs.getMessages(1);
    await establish(bob, 1, list(0));
    expect((await result(bob, 1)).events).toHaveLength(1);
    const credentials = `${service.credentials.accountSid}:${service.credentials.authToken}`;
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    const refreshes = async (): Promise<number> => {
      const log = await fetch(`${service.restUrl}/_emulator/log`, { headers: { authorization } });
      const lines = (await log.text()).trim().split('\n');
      return lines.filter((line) => line.includes(path) && line.includes('"carol"')).length;
    };
    const soFar = await refreshes();
    // Two may be her first ones; three more of her rounds are longer than Bob's subscription lives.
    await vi.waitFor(async () => expect(await refreshes()).toBeGreaterThanOrEqual(soFar + 5), 10_000);
    const heard = next('the message', (hear) => theirs.on('messageAdded', hear));
    await conversation.sendMessage('to who is there');
    await heard;
    await bob.request('GET', '/Client/v2/Configuration');
    expect(indexes(bob)).toEqual([]);
    await establish(bob, 2, list(0));
    await result(bob, 2);
    expect(indexes(bob)).toEqual([0]);
  });

  it('ends in silence with the role that it came from, and tells of the end of its object until then', async () => {
    const service = await startService();
    const { domain } = service;
    const { conversation } = await spoken(service);
    const other = addConversation(domain, { by });
    const admin = await openRawClient(service);
    await admin.init('admin');
    const roles = domain.store.roles.page(domain.serviceSid, { limit: 10 });
    const give = (name: RoleName) => {
      const { sid } = roles.find(({ row }) => row.friendlyName === name)!.row;
      updateUser(domain, { by, user: 'admin', roleSid: sid });
    };
    give('service admin');
    const documents = await Promise.all(
      [conversation.sid, other.sid].map(
        async (sid) => (await admin.request('GET', `/v3/Documents/${sid}.channel`)).body as JsonObject,
      ),
    );
    const requests = documents.map(({ sid }) => ({
      object_sid: sid,
      object_type: 'document',
      last_event_id: 0,
    }));
    await establish(admin, 1, ...requests);
    expect((await result(admin, 1)).events).toHaveLength(2);
    const rename = (friendlyName: string) =>
      updateConversation(domain, { by, sid: conversation.sid, friendlyName });
    rename('heard');
    removeConversation(domain, { by, sid: other.sid });
    give('service user');
    rename('unheard');
    await admin.request('GET', '/Client/v2/Configuration');
    expect(admin.notifications.slice(-2).map(([, { event_type }]) => event_type)).toEqual([
      'document_updated',
      'document_removed',
    ]);
  });

  it('fails by a code of its own for each object, and is asked for once though named twice', async () => {
    const service = await startService();
    const { conversation, bob, list } = await spoken(service);
    const stranger = await openRawClient(service);
    await stranger.init('stranger');
    const { body } = await stranger.request('GET', '/Client/v2/Configuration');
    const { sync_objects } = body as { sync_objects: { my_conversations: string } };
    const mine = (await stranger.request('GET', `/v3/Maps/${sync_objects.my_conversations}`))
      .body as JsonObject;
    const about = (object_sid: unknown, object_type: string) => ({
      object_sid,
      object_type,
      last_event_id: 0,
    });
    await establish(
      bob,
      1,
      ...[
        about(mine.sid, 'map'),
        about(`ES${'0'.repeat(32)}`, 'list'),
        about(`ET${'0'.repeat(32)}`, 'document'),
      ],
      ...[about(mine.sid, 'list'), about('live', 'live_query'), about('stream', 'stream')],
      ...[about(`${conversation.sid}.messages`, 'list'), list(0), list(0)],
    );
    const codes = eventsOf(await result(bob, 1, 'failed')).map(({ object_type, error }) => [
      object_type,
      isObject(error) && error.status,
      isObject(error) && error.code,
    ]);
    expect(codes).toEqual([
      ['map', 403, 54007],
      ['list', 404, 54150],
      ['document', 404, 54100],
      ['live_query', 501, 20501],
      ['stream', 501, 20501],
      ['list', 400, 20001],
    ]);
    expect(eventsOf(await result(bob, 1))).toHaveLength(1);
    const tooMany = Array.from({ length: 1001 }, (_, number) => about(`ES${number}`, 'list'));
    expect((await establish(bob, 2, ...tooMany)).httpStatus).toBe(400);
    for (const query of ['/v3/Insights/x/Items', '/v3/Streams/x']) {
      expect((await bob.request('GET', query)).httpStatus).toBe(501);
    }
  });
});

describe('the continuation token', () => {
  it('is kept by who comes back with it, and replaced for everybody else', async () => {
    const service = await startService();
    const init = async (identity: string, continuation_token?: unknown) => {
      const raw = await openRawClient(service);
      const { header } = await raw.ask({
        method: 'init',
        token: await service.token(identity),
        continuation_token,
      });
      return { token: header.continuation_token, status: header.continuation_token_status };
    };
    const first = await init('alice');
    expect(first.status).toMatchObject({ reissued: true, reissue_reason: 'MISSING' });
    expect(await init('alice', first.token)).toEqual({ token: first.token, status: { reissued: false } });
    for (const [identity, token] of [
      ['bob', first.token],
      ['alice', `${first.token}x`],
      ['alice', `${first.token}.x`],
      ['alice', 'anything'],
      ['alice', '.'],
    ] as const) {
      const other = await init(identity, token);
      expect(other.status).toMatchObject({ reissued: true, reissue_reason: 'INVALID' });
      expect(other.token).not.toBe(token);
    }
    expect((await init('alice', 7)).status).toMatchObject({ reissue_reason: 'MISSING' });
    service.reset();
    expect((await init('alice', first.token)).status).toMatchObject({ reissue_reason: 'INVALID' });
  });

  it('tells who reconnects without an event id what it missed of an object that was untouched', async () => {
    const service = await startService();
    const { say, bob, welcome, list } = await spoken(service);
    await establish(bob, 1, list(null));
    await result(bob, 1);
    bob.socket.terminate();
    await bob.closed;
    say('missed');
    const again = await openRawClient(service);
    const token = await service.token('bob');
    await again.ask({ method: 'init', token, continuation_token: welcome.continuation_token });
    await establish(again, 2, list(null));
    await result(again, 2);
    expect(indexes(again)).toEqual([0]);
    // A page that was loaded anew has read its history, and is told none of it again.
    const reloaded = await openRawClient(service);
    await reloaded.init('bob');
    await establish(reloaded, 3, list(null));
    await result(reloaded, 3);
    expect(indexes(reloaded)).toEqual([]);
  });
});

describe('a socket', () => {
  it('is pushed only what it has registered for', async () => {
    const service = await startService();
    const { say, list } = await spoken(service);
    const raw = await openRawClient(service);
    const registration = { product: 'ip_messaging', type: 'ers', message_types: ['twilio.sync.event'] };
    const { header } = await raw.ask({
      method: 'init',
      token: await service.token('bob'),
      registrations: [registration],
    });
    expect(header.init_registrations).toMatchObject([registration]);
    await establish(raw, 1, list(0));
    await result(raw, 1);
    say('live');
    await raw.request('GET', '/Client/v2/Configuration');
    expect(indexes(raw)).toEqual([]);
    await establish(raw, 2, list(0));
    await result(raw, 2);
    expect(indexes(raw)).toEqual([0]);
  });

  // Megabytes go through the kernel here, which takes its time on a busy machine.
  it('that reads too slowly is dropped, and replays what it missed', { timeout: 120_000 }, async () => {
    const lines: string[] = [];
    const limits = { bufferedBytes: 300_000, replayBytes: 100_000 };
    const service = await startService({ log: (line) => lines.push(line) }, { limits });
    const { say, bob, list } = await spoken(service);
    await establish(bob, 1, list(0));
    await result(bob, 1);
    bob.socket.pause();
    let said = 0;
    // More than the kernel takes for a socket that is not read.
    for (; said < 2_000 && lines.length === 0; said += 1) say('x'.repeat(32_000));
    expect(lines).toEqual(['A client reads too slowly and was dropped']);
    bob.socket.resume();
    await bob.closed;
    const reached = indexes(bob).length;
    expect(reached).toBeLessThan(said);
    const again = await openRawClient(service);
    await again.init('bob');
    for (let part = 2, status: unknown; status !== 'completed'; part += 1) {
      await establish(again, part, list(reached + indexes(again).length));
      status = eventsOf(await result(again, part))[0]!.replay_status;
    }
    expect([...indexes(bob), ...indexes(again)]).toEqual([...Array(said).keys()]);
    expect(lines).toHaveLength(1);
  });

  it('takes telemetry and answers to nothing in silence, and the same id twice as two requests', async () => {
    const service = await startService();
    const raw = await openRawClient(service);
    await raw.init('alice');
    const silent = [
      raw.ask({ method: 'telemetry.v1', events: [{ start: -1, end: 0, title: 'x', details: '' }] }),
      raw.ask({ method: 'reply', id: 'TM-nobody-asked', status: { code: 200 } }),
    ];
    const http_request = {
      host: 'any',
      path: '/Client/v2/Configuration',
      method: 'GET',
      params: {},
      headers: {},
    };
    for (let time = 0; time < 2; time += 1) await raw.ask({ method: 'message', id: 'TM1', http_request });
    for (const method of ['put_notification_ctx', 'delete_notification_ctx']) {
      expect((await raw.ask({ method })).header.status).toMatchObject({ code: 200 });
    }
    expect(raw.order.filter((one) => one === 'reply:TM1')).toHaveLength(2);
    expect(await Promise.race([...silent, 'silence'])).toBe('silence');
  });
});
