import { describe, expect, it } from 'vitest';
import { openRawClient, type RawClient } from '../conformance/raw-client.js';
import { type Service, startService, type TokenBend } from '../conformance/service.js';
import { isObject, type JsonObject } from '../json.js';
import { syncNames } from '../sync-names.js';
import { helperFor } from '../testing/start.js';
import { everyRoute } from './every-route.js';

/** Status and, of a refusal, code. */
type Cell = readonly [status: number, code?: number];

interface World {
  conversation: string;
  message: string;
  /** By the one who asks, as far as it has written any. */
  ownMessage: string;
  self: string;
  service: string;
  /** The push registration of alice. */
  registration: string;
  /** Sync objects by what they are; of alice where they are somebody's own. */
  objects: Record<'document' | 'messages' | 'roster' | 'myConversations' | 'userInfo', string>;
}

interface Row {
  /** Method and pattern, as the code has it. */
  route: string;
  ask(world: World): { path: string; body?: unknown; params?: JsonObject };
  stranger: Cell;
  former: Cell;
  /** Takes part, with roles that allow nothing of this. */
  powerless: Cell;
}

const secret = 'a-secret-of-alice';
const roomName = 'the-room';
const fine: Cell = [200];
const outside: Cell = [403, 50430];
const denied: Cell = [403, 50107];
const hidden: Cell = [403, 54007];

const row = (
  route: string,
  body: unknown,
  [stranger, former, powerless]: readonly [Cell, Cell, Cell],
  fill: (world: World) => Record<string, string> = () => ({}),
): Row => ({
  route,
  stranger,
  former,
  powerless,
  ask(world) {
    const [, pattern = ''] = route.split(' ');
    const values: Record<string, string> = {
      ...{ conversation: world.conversation, message: world.message, service: world.service },
      registration: world.registration,
      ...fill(world),
    };
    const path = pattern.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? name));
    const said = typeof body === 'function' ? body(world) : body;
    return { path, body: said };
  },
});

const conversation = '/Client/v2/Conversations/:conversation';
const mine = '/Client/v2/MyConversations';
const members = [outside, outside, fine] as const;
const permitted = [outside, outside, denied] as const;
const anybody = [fine, fine, fine] as const;
const nobody = [denied, denied, denied] as const;
const inside = [hidden, hidden, fine] as const;
const owner = [hidden, hidden, hidden] as const;
const alice = () => ({ participant: 'alice', identity: 'alice' });
const self = (world: World) => ({ participant: world.self, identity: world.self });
const object = (name: keyof World['objects']) => (world: World) => ({ object: world.objects[name] });
const named = (name: 'conversation' | 'messages' | 'roster') => (world: World) => ({
  object: syncNames[name]({ sid: world.conversation }),
});
const missing: Cell = [404, 20404];
const device = (id: string) => ({
  ...{ endpoint_platform: 'web', channel_type: 'fcm', version: '3', message_types: [] },
  data: { registration_id: id },
});
const subscription = (type: string, name: keyof World['objects']) => (world: World) => ({
  action: 'establish',
  correlation_id: 1,
  requests: [{ object_sid: world.objects[name], object_type: type, last_event_id: 0 }],
});

const table: readonly Row[] = [
  row('GET /Client/v2/Configuration', undefined, anybody),
  row('GET /Client/v2/ContentTemplates', undefined, anybody),
  row('POST /Client/v2/Conversations', {}, [[201], [201], denied]),
  row(`GET ${conversation}`, undefined, members),
  row(`GET ${conversation}`, undefined, members, () => ({ conversation: roomName })),
  row(`POST ${conversation}`, { friendly_name: 'x' }, permitted),
  row(`POST ${conversation}`, { unique_name: 'x' }, permitted),
  row(`POST ${conversation}`, { attributes: '{}' }, permitted),
  row(`DELETE ${conversation}`, {}, permitted),
  row(`POST ${conversation}/Participants`, (world: World) => ({ identity: world.self }), [
    outside,
    outside,
    [409, 50433],
  ]),
  row(`POST ${conversation}/Participants`, { identity: 'accomplice' }, permitted),
  row(
    `POST ${conversation}/Participants`,
    { messaging_binding: { type: 'sms', address: '+15005550001', proxy_address: '+15005550006' } },
    permitted,
  ),
  row(`POST ${conversation}/Participants/:participant`, { attributes: '{}' }, permitted, alice),
  row(`POST ${conversation}/Participants/:participant`, { attributes: '{}' }, permitted, self),
  row(`DELETE ${conversation}/Participants/:participant`, {}, permitted, alice),
  row(`DELETE ${conversation}/Participants/:participant`, {}, permitted, self),
  row(`POST ${conversation}/Messages`, { body: 'spam' }, permitted),
  row(`POST ${conversation}/Messages/:message`, { body: 'x' }, permitted),
  row(`POST ${conversation}/Messages/:message`, { attributes: '{}' }, permitted),
  row(`POST ${conversation}/Messages/:message`, { body: 'x' }, permitted, ({ ownMessage }) => ({
    message: ownMessage,
  })),
  row(`DELETE ${conversation}/Messages/:message`, {}, permitted),
  row(`GET ${conversation}/Messages/:message/Receipts`, undefined, members),
  row(`GET ${conversation}/Messages/:message/ChannelMetadata`, undefined, [outside, outside, [404, 50530]]),
  row(`GET ${conversation}/MessageRecipients`, undefined, members),
  row(`GET ${mine}`, undefined, anybody),
  row(`GET ${mine}/:conversation`, undefined, members),
  row(`POST ${mine}/:conversation`, { last_read_message_index: 0 }, members),
  row(`POST ${mine}/:conversation`, { notification_level: 'muted' }, permitted),
  row('GET /Client/v2/Users/:identity', undefined, anybody, alice),
  row('POST /Client/v2/Users/:identity', { friendly_name: 'x' }, nobody, alice),
  row('POST /Client/v2/Users/:identity', { attributes: '{}' }, [fine, fine, denied], self),
  row('POST /Client/v2/Typing', (world: World) => `ChannelSid=${world.conversation}`, members),
  row('POST /v1/registrations', device('mine'), [[201], [201], [201]]),
  // Only one's own are found.
  row('DELETE /v1/registrations', { binding_type: 'fcm', address: secret }, anybody),
  row('DELETE /v1/registrations/:registration', {}, [missing, missing, missing]),
  row('GET /v3/Documents/:object', undefined, inside, object('document')),
  row('GET /v3/Documents/:object', undefined, inside, named('conversation')),
  row('GET /v3/Lists/:object', undefined, inside, object('messages')),
  row('GET /v3/Lists/:object', undefined, inside, named('messages')),
  row('GET /v3/Maps/:object', undefined, inside, object('roster')),
  row('GET /v3/Maps/:object', undefined, inside, named('roster')),
  row('GET /v3/Maps/:object', undefined, owner, object('myConversations')),
  row('GET /v3/Maps/:object', undefined, anybody, object('userInfo')),
  row('GET /v3/Services/:service/Lists/:object/Items', undefined, inside, object('messages')),
  row('GET /v3/Services/:service/Maps/:object/Items', undefined, inside, object('roster')),
  row('GET /v3/Services/:service/Maps/:object/Items', undefined, owner, object('myConversations')),
  row('GET /v3/Services/:service/Maps/:object/Items', undefined, anybody, object('userInfo')),
  // The request is taken; each object is answered for by a push.
  row('POST /v4/Subscriptions', subscription('document', 'document'), inside),
  row('POST /v4/Subscriptions', subscription('list', 'messages'), inside),
  row('POST /v4/Subscriptions', subscription('map', 'roster'), inside),
  row('POST /v4/Subscriptions', subscription('map', 'myConversations'), owner),
  row('POST /v4/Subscriptions', subscription('map', 'userInfo'), anybody),
];

const actors = ['stranger', 'former', 'powerless'] as const;

async function build(): Promise<{
  service: Service;
  worlds: Record<(typeof actors)[number], World>;
  look(): Promise<unknown>;
}> {
  const service = await startService();
  const { v1 } = helperFor({ emulator: service }).conversations;
  const role = (friendlyName: string, type: 'conversation' | 'service', permission: string) =>
    v1.roles.create({ friendlyName, type, permission: [permission] });
  const room = await v1.conversations.create({
    ...{ friendlyName: secret, uniqueName: roomName, attributes: JSON.stringify({ secret }) },
  });
  const { participants, messages } = v1.conversations(room.sid);
  await participants.create({ identity: 'alice' });
  await participants.create({
    identity: 'powerless',
    roleSid: (await role('weak', 'conversation', 'deleteOwnMessage')).sid,
  });
  await v1
    .users('powerless')
    .update({ roleSid: (await role('weak user', 'service', 'joinConversation')).sid });
  await participants.create({ identity: 'former' });
  const message = await messages.create({ author: 'alice', body: secret });
  const ownMessage = await messages.create({ author: 'powerless', body: secret });
  const formersMessage = await messages.create({ author: 'former', body: secret });
  await participants('former').remove();

  const insider = await openRawClient(service);
  await insider.init('alice');
  const sid = async (path: string): Promise<string> => {
    const { body } = await insider.request('GET', path);
    return isObject(body) ? String(body.sid) : '';
  };
  const { body: configuration } = await insider.request('GET', '/Client/v2/Configuration');
  const own = (configuration as { sync_objects: { my_conversations: string; my_user_info: string } })
    .sync_objects;
  const objects = {
    document: await sid(`/v3/Documents/${syncNames.conversation(room)}`),
    messages: await sid(`/v3/Lists/${syncNames.messages(room)}`),
    roster: await sid(`/v3/Maps/${syncNames.roster(room)}`),
    myConversations: await sid(`/v3/Maps/${own.my_conversations}`),
    userInfo: await sid(`/v3/Maps/${own.my_user_info}`),
  };
  const { body: registered } = await insider.request('POST', '/v1/registrations', device(secret));
  const registration = (registered as { id: string }).id;
  const worldOf = (identity: string, own: string): World => ({
    ...{ conversation: room.sid, message: message.sid, service: service.credentials.serviceSid },
    ...{ ownMessage: own, self: identity, objects, registration },
  });
  return {
    service,
    worlds: {
      stranger: worldOf('stranger', message.sid),
      former: worldOf('former', formersMessage.sid),
      powerless: worldOf('powerless', ownMessage.sid),
    },
    // All that must be as it was: read horizons are anybody's own.
    look: async () =>
      JSON.stringify([
        await v1.conversations(room.sid).fetch(),
        await messages.list(),
        (await v1.services(service.credentials.serviceSid).bindings.list()).filter(
          ({ identity }) => identity === 'alice',
        ),
        (await participants.list()).map(({ sid, identity, attributes, roleSid }) => [
          sid,
          identity,
          attributes,
          roleSid,
        ]),
      ]),
  };
}

/** What came of a request: for a subscription, what its push says of the object. */
async function outcome(
  raw: RawClient,
  route: string,
  asked: ReturnType<Row['ask']>,
): Promise<[Cell, string]> {
  const [method = ''] = route.split(' ');
  const already = raw.notifications.length;
  const { httpStatus = 0, body } = await raw.request(method, asked.path, asked.body, asked.params);
  if (route !== 'POST /v4/Subscriptions') return [cell(httpStatus, body), JSON.stringify(body ?? null)];
  expect(httpStatus).toBe(202);
  const result = await raw.notification(
    (payload) =>
      /^subscription_/.test(String(payload.event_type)) &&
      raw.notifications.slice(already).some(([, later]) => later === payload),
  );
  const [event] = result.events as { error?: { status: number; code: number } }[];
  return [event?.error ? [event.error.status, event.error.code] : fine, JSON.stringify(raw.notifications)];
}

const cell = (status: number, body: unknown): Cell =>
  status >= 400 ? [status, isObject(body) ? Number(body.code) : 0] : [status === 204 ? 200 : status];

describe('who may do what over a socket', () => {
  it('is said in this table for every route there is: a new one needs a row', () => {
    expect([...new Set(table.map(({ route }) => route))].sort()).toEqual(everyRoute());
  });

  it.each(actors)('is refused to someone %s with the right code, and changes nothing', async (actor) => {
    const { service, worlds, look } = await build();
    const before = await look();
    const raw = await openRawClient(service);
    await raw.init(worlds[actor].self);
    const met: unknown[] = [];
    for (const one of table) {
      const asked = one.ask(worlds[actor]);
      const [answer, text] = await outcome(raw, one.route, asked);
      met.push([one.route, asked.path, asked.body, ...answer]);
      if (actor !== 'powerless')
        expect([one.route, text]).toEqual([one.route, expect.not.stringContaining(secret)]);
    }
    expect(met).toEqual(
      table.map((one) => {
        const { path, body } = one.ask(worlds[actor]);
        return [one.route, path, body, ...one[actor]];
      }),
    );
    expect(await look()).toEqual(before);
  });

  it.each<[string, TokenBend, number]>([
    [
      'of another service',
      { claims: { grants: { identity: 'alice', chat: { service_sid: `IS${'0'.repeat(32)}` } } } },
      20106,
    ],
    ['of another account', { claims: { sub: `AC${'0'.repeat(32)}` } }, 20103],
    ['of another key', { claims: { iss: `SK${'0'.repeat(32)}` } }, 20103],
    ['signed with another secret', { secret: 'x'.repeat(32) }, 20107],
    ['that has expired', { seconds: -1 }, 20104],
  ])('is refused whole to a token %s', async (_, bend, errorCode) => {
    const { service, worlds, look } = await build();
    const before = await look();
    const raw = await openRawClient(service);
    const { header } = await raw.ask({ method: 'init', token: await service.token('alice', bend) });
    expect(header.status).toMatchObject({ code: 401, errorCode });
    for (const one of table) {
      const { path, body } = one.ask({ ...worlds.stranger, self: 'alice' });
      const [method = ''] = one.route.split(' ');
      const reply = await raw.request(method, path, body);
      expect([one.route, reply.header.status, reply.body]).toEqual([
        one.route,
        expect.objectContaining({ code: 401 }),
        undefined,
      ]);
    }
    expect(await look()).toEqual(before);
  });
});
