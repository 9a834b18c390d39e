import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../json.js';
import { openRawClient, type RawClient } from './raw-client.js';
import { shareConversation, startService } from './service.js';

async function sharedWithRawBob() {
  const service = await startService();
  const alice = await service.connect('alice');
  const [conversation] = await shareConversation(alice);
  await conversation!.add('bob');
  const bob = await openRawClient(service);
  await bob.init('bob');
  const find = async (path: string) => (await bob.request('GET', path)).body as JsonObject & { sid: string };
  const list = await find(`/v3/Lists/${conversation!.sid}.messages`);
  const document = await find(`/v3/Documents/${conversation!.sid}.channel`);
  return { service, conversation: conversation!, bob, list, document };
}

function subscribe(
  client: RawClient,
  correlationId: number,
  ...requests: [type: string, sid: string, lastEventId: number | null][]
) {
  return client.request('POST', '/v4/Subscriptions', {
    event_protocol_version: 4,
    action: 'establish',
    correlation_id: correlationId,
    requests: requests.map(([object_type, object_sid, last_event_id]) => ({
      object_type,
      object_sid,
      last_event_id,
    })),
  });
}

const itemIndexes = (client: RawClient): unknown[] =>
  client.notifications.flatMap(([, { event }]) =>
    isObject(event) && 'item_index' in event ? [event.item_index] : [],
  );

describe('Sync on the wire', () => {
  it('replies to a subscription, then replays in order, then says it is established', async () => {
    const { conversation, bob, list } = await sharedWithRawBob();
    for (const body of ['0', '1', '2']) await conversation.sendMessage(body);
    const { httpStatus, body, header } = await subscribe(bob, 42, ['list', list.sid, 0]);
    expect(httpStatus).toBe(202);
    expect(body).toMatchObject({ estimated_delivery_in_ms: expect.any(Number), max_batch_size: 1000 });
    const established = await bob.notification(({ event_type }) => event_type === 'subscription_established');
    expect(established).toMatchObject({
      correlation_id: 42,
      events: [{ object_sid: list.sid, replay_status: 'completed', last_event_id: 3 }],
    });
    expect(bob.order.slice(bob.order.indexOf(`reply:${header.id}`))).toEqual([
      `reply:${header.id}`,
      'push:list_item_added',
      'push:list_item_added',
      'push:list_item_added',
      'push:subscription_established',
    ]);
    expect(itemIndexes(bob)).toEqual([0, 1, 2]);
    expect(bob.notifications.map(([type, { correlation_id }]) => [type, correlation_id])).toEqual(
      Array.from({ length: 4 }, () => ['twilio.sync.event', 42]),
    );
  });

  it('replays only what came after the event the client knows', async () => {
    const { conversation, bob, list } = await sharedWithRawBob();
    for (const body of ['0', '1', '2']) await conversation.sendMessage(body);
    const [first] = (await conversation.getMessages()).items;
    await first!.updateBody('edited');
    await subscribe(bob, 1, ['list', list.sid, 2]);
    await bob.notification(({ event_type }) => event_type === 'subscription_established');
    expect(bob.notifications.map(([, { event_type }]) => event_type)).toEqual([
      'list_item_added',
      'list_item_updated',
      'subscription_established',
    ]);
    expect(itemIndexes(bob)).toEqual([2, 0]);
  });

  it('replays from the first read to a client that works from its session storage', async () => {
    const { service, conversation, bob, list } = await sharedWithRawBob();
    await conversation.sendMessage('read by the query');
    const items = `/v3/Services/${service.credentials.serviceSid}/Lists/${list.sid}/Items`;
    await bob.request('GET', items, undefined, { Order: 'desc' });
    await conversation.sendMessage('between query and subscription');
    await bob.request('GET', items, undefined, { Order: 'desc' });
    await subscribe(bob, 1, ['list', list.sid, null]);
    await bob.notification(({ event_type }) => event_type === 'subscription_established');
    expect(itemIndexes(bob)).toEqual([1]);
  });

  it('replays from its beginning to a session that knows its own list from the client API alone', async () => {
    const { service, conversation } = await sharedWithRawBob();
    const carol = await openRawClient(service);
    await carol.init('carol');
    const { body } = await carol.request('GET', '/Client/v2/Configuration');
    const { sync_objects } = body as { sync_objects: { my_conversations: string } };
    await carol.request('GET', '/Client/v2/MyConversations');
    await conversation.add('carol');
    const map = (await carol.request('GET', `/v3/Maps/${sync_objects.my_conversations}`)).body as JsonObject;
    await subscribe(carol, 1, ['map', String(map.sid), null]);
    await carol.notification(({ event_type }) => event_type === 'subscription_established');
    expect(carol.notifications[0]![1]).toMatchObject({
      event_type: 'map_item_added',
      event: { item_key: conversation.sid },
    });
  });

  it('pushes the message before the document that names it as the last, with ids that grow by one', async () => {
    const { conversation, bob, list, document } = await sharedWithRawBob();
    await subscribe(bob, 1, ['list', list.sid, 0], ['document', document.sid, 0]);
    await bob.notification(({ event_type }) => event_type === 'subscription_established');
    const from = bob.notifications.length;
    await conversation.sendMessage('0');
    await conversation.sendMessage('1');
    await bob.request('GET', '/Client/v2/Configuration');
    const pushed = bob.notifications.slice(from);
    expect(
      pushed.map(([type, { event_type, event, correlation_id }]) => [
        type,
        event_type,
        isObject(event) && event.id,
        correlation_id,
      ]),
    ).toEqual([
      ['com.twilio.rtd.cds.list', 'list_item_added', 1, null],
      ['com.twilio.rtd.cds.document', 'document_updated', 1, null],
      ['com.twilio.rtd.cds.list', 'list_item_added', 2, null],
      ['com.twilio.rtd.cds.document', 'document_updated', 2, null],
    ]);
  });

  it('says 404 for objects that are gone, and nothing after a cancel', async () => {
    const { conversation, bob, list } = await sharedWithRawBob();
    await subscribe(bob, 1, ['list', list.sid, 0], ['map', `MP${'0'.repeat(32)}`, 0]);
    const failed = await bob.notification(({ event_type }) => event_type === 'subscription_failed');
    expect(failed).toMatchObject({ events: [{ object_type: 'map', error: { status: 404 } }] });
    await bob.request('POST', '/v4/Subscriptions', {
      action: 'cancel',
      correlation_id: 2,
      requests: [{ object_sid: list.sid, object_type: 'list' }],
    });
    await bob.notification(({ event_type }) => event_type === 'subscription_canceled');
    await conversation.sendMessage('unheard');
    await bob.request('GET', '/Client/v2/Configuration');
    expect(itemIndexes(bob)).toEqual([]);
  });

  it('tells each socket once of a conversation that is deleted, and serves its objects no more', async () => {
    const { service, conversation, bob, list, document } = await sharedWithRawBob();
    const own = (await bob.request('GET', '/Client/v2/Configuration')).body as {
      sync_objects: { my_conversations: string };
    };
    const mine = (await bob.request('GET', `/v3/Maps/${own.sync_objects.my_conversations}`)).body as {
      sid: string;
      last_event_id: number;
    };
    const secondBob = await openRawClient(service);
    await secondBob.init('bob');
    for (const socket of [bob, secondBob]) {
      const own: [string, string, number] = ['map', mine.sid, mine.last_event_id];
      await subscribe(socket, 1, own, ['list', list.sid, 0], ['document', document.sid, 0]);
      await socket.notification(({ event_type }) => event_type === 'subscription_established');
    }
    await conversation.delete();
    for (const socket of [bob, secondBob]) {
      await socket.request('GET', '/Client/v2/Configuration');
      expect(socket.notifications.slice(1).map(([, { event_type }]) => event_type)).toEqual([
        'map_item_removed',
        'document_removed',
        'list_removed',
      ]);
    }
    expect((await bob.request('GET', `/v3/Lists/${list.sid}`)).httpStatus).toBe(404);
  });

  it('pages items by their boundary, inclusive, and says what lies on either side', async () => {
    const { service, conversation, bob, list } = await sharedWithRawBob();
    for (let index = 0; index < 6; index += 1) await conversation.sendMessage(String(index));
    await (await conversation.getMessages()).items[3]!.remove();
    const query = async (params: JsonObject) => {
      const path = `/v3/Services/${service.credentials.serviceSid}/Lists/${list.sid}/Items`;
      const { body } = await bob.request('GET', path, undefined, params);
      const { items, meta } = body as { items: { index: number }[]; meta: Record<string, unknown> };
      return [items.map(({ index }) => index), meta.previous_token !== null, meta.next_token !== null];
    };
    expect(await query({ Order: 'asc' })).toEqual([[0, 1, 2, 4, 5], false, false]);
    expect(await query({ Order: 'desc', PageSize: '2' })).toEqual([[5, 4], false, true]);
    expect(await query({ Order: 'desc', PageSize: '2', From: '3' })).toEqual([[2, 1], true, true]);
    expect(await query({ Order: 'asc', PageSize: '2', From: '3' })).toEqual([[4, 5], true, false]);
    expect(await query({ Order: 'desc', From: '-1' })).toEqual([[], true, false]);
    expect(await query({ Index: '4' })).toEqual([[4], false, false]);
    expect(await query({ Index: '3' })).toEqual([[], false, false]);
  });
});
