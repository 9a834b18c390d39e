import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../json.js';
import { helperFor } from '../testing/start.js';
import { openRawClient, type RawClient } from './raw-client.js';
import { shareConversation, startService } from './service.js';

async function conversationOfAlice() {
  const service = await startService();
  const alice = await service.connect('alice');
  const [conversation] = await shareConversation(alice);
  await conversation!.sendMessage('a secret');
  return { service, conversation: conversation! };
}

/** The SIDs of the objects behind a conversation, as only its participants learn them. */
async function objectSids(insider: RawClient, conversationSid: string): Promise<Record<string, string>> {
  const sids: Record<string, string> = {};
  for (const [type, path] of [
    ['document', `/v3/Documents/${conversationSid}.channel`],
    ['list', `/v3/Lists/${conversationSid}.messages`],
    ['map', `/v3/Maps/${conversationSid}.roster`],
  ] as const) {
    const { body } = await insider.request('GET', path);
    sids[type] = isObject(body) ? String(body.sid) : '';
  }
  return sids;
}

describe('conversations are private', () => {
  it('refuses a stranger with the SID, by peek, by join and by every change', async () => {
    const { service, conversation } = await conversationOfAlice();
    const mallory = await service.connect('mallory');
    await expect(mallory.peekConversationBySid(conversation.sid)).rejects.toThrow();
    await expect(mallory.getConversationBySid(conversation.sid)).rejects.toThrow();

    const raw = await openRawClient(service);
    await raw.init('mallory');
    const path = `/Client/v2/Conversations/${conversation.sid}`;
    const attempts: [string, string, unknown][] = [
      ['GET', path, undefined],
      ['GET', `/Client/v2/MyConversations/${conversation.sid}`, undefined],
      ['POST', `${path}/Participants`, { identity: 'mallory' }],
      ['POST', `${path}/Participants`, { identity: 'accomplice' }],
      ['POST', `${path}/Participants/alice`, { attributes: '{}' }],
      ['DELETE', `${path}/Participants/alice`, {}],
      ['POST', `${path}/Messages`, { body: 'spam' }],
      ['GET', `${path}/Messages/IM0/Receipts`, undefined],
      ['POST', path, { friendly_name: 'pwned' }],
      ['DELETE', path, {}],
      ['POST', `/Client/v2/MyConversations/${conversation.sid}`, { last_read_message_index: 0 }],
      ['POST', '/Client/v2/Typing', `ChannelSid=${conversation.sid}`],
    ];
    for (const [method, where, body] of attempts) {
      const { httpStatus, body: answer } = await raw.request(method, where, body);
      expect([method, where, httpStatus, isObject(answer) && answer.code]).toEqual([
        method,
        where,
        403,
        50430,
      ]);
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
    expect((await conversation.getMessages()).items).toHaveLength(1);
  });

  it('answers 404 for what does not exist', async () => {
    const service = await startService();
    const raw = await openRawClient(service);
    await raw.init('alice');
    const nowhere = `CH${'0'.repeat(32)}`;
    for (const [path, code] of [
      [`/Client/v2/Conversations/${nowhere}`, 50350],
      ['/Client/v2/MyConversations/no-such-name', 50350],
      ['/Client/v2/Users/nobody', 20404],
      ['/v3/Documents/x', 54100],
      ['/v3/Lists/x', 54150],
      ['/v3/Maps/x', 54200],
      ['/v3/Services/IS0/Maps/x/Items', 54200],
    ] as const) {
      const { httpStatus, body } = await raw.request('GET', path);
      expect([path, httpStatus, isObject(body) && body.code]).toEqual([path, 404, code]);
    }
  });

  it('shows a stranger no Sync object: by name, by SID, by items or by subscription', async () => {
    const { service, conversation } = await conversationOfAlice();
    const insider = await openRawClient(service);
    await insider.init('alice');
    const sids = await objectSids(insider, conversation.sid);
    const configuration = (await insider.request('GET', '/Client/v2/Configuration')).body as {
      sync_objects: { my_conversations: string };
    };
    const ownMap = configuration.sync_objects.my_conversations;
    const ownMapSid = ((await insider.request('GET', `/v3/Maps/${ownMap}`)).body as { sid: string }).sid;

    const raw = await openRawClient(service);
    await raw.init('mallory');
    const paths = [
      `/v3/Documents/${conversation.sid}.channel`,
      `/v3/Documents/${sids.document}`,
      `/v3/Lists/${conversation.sid}.messages`,
      `/v3/Lists/${sids.list}`,
      `/v3/Services/${service.credentials.serviceSid}/Lists/${sids.list}/Items`,
      `/v3/Maps/${sids.map}`,
      `/v3/Services/${service.credentials.serviceSid}/Maps/${sids.map}/Items`,
      `/v3/Maps/${ownMap}`,
      `/v3/Services/${service.credentials.serviceSid}/Maps/${ownMapSid}/Items`,
    ];
    for (const path of paths) {
      const { httpStatus, body } = await raw.request('GET', path);
      expect([path, httpStatus, isObject(body) && body.code]).toEqual([path, 403, 54007]);
    }
    const targets = { ...sids, own: ownMapSid };
    await raw.request('POST', '/v4/Subscriptions', {
      event_protocol_version: 4,
      action: 'establish',
      correlation_id: 7,
      requests: Object.entries(targets).map(([type, sid]) => ({
        object_sid: sid,
        object_type: type === 'own' ? 'map' : type,
        last_event_id: 0,
      })),
    });
    const failed = await raw.notification(({ event_type }) => event_type === 'subscription_failed');
    expect((failed.events as JsonObject[]).map(({ error }) => error)).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ status: 403, code: 54007 })),
    );
    await conversation.sendMessage('another secret');
    // The reply comes after anything that would have been pushed before it.
    await raw.request('GET', '/Client/v2/Configuration');
    expect(raw.notifications.map(([, payload]) => payload.event_type)).toEqual(['subscription_failed']);
  });

  it('forgets their creator once it has joined and left, or was taken out', async () => {
    const { service, conversation } = await conversationOfAlice();
    await conversation.add('bob');
    const raw = await openRawClient(service);
    await raw.init('alice');
    const { document } = await objectSids(raw, conversation.sid);
    const path = `/Client/v2/Conversations/${conversation.sid}`;
    await raw.request('DELETE', `${path}/Participants/alice`, {});
    for (const [method, where, body, code] of [
      ['GET', path, undefined, 50430],
      ['POST', `${path}/Participants`, { identity: 'alice' }, 50430],
      ['GET', `/v3/Documents/${document}`, undefined, 54007],
    ] as const) {
      const { httpStatus, body: answer } = await raw.request(method, where, body);
      expect([method, where, httpStatus, isObject(answer) && answer.code]).toEqual([
        method,
        where,
        403,
        code,
      ]);
    }
  });

  it('made over REST are nobody’s, not even of an identity named as REST acts', async () => {
    const service = await startService();
    const { sid } = await helperFor({ emulator: service }).conversations.v1.conversations.create();
    const raw = await openRawClient(service);
    await raw.init('system');
    const path = `/Client/v2/Conversations/${sid}`;
    expect((await raw.request('GET', path)).httpStatus).toBe(403);
    expect((await raw.request('POST', `${path}/Participants`, { identity: 'system' })).httpStatus).toBe(403);
  });

  it('do not tell a stranger their SID by their unique name', async () => {
    const { service, conversation } = await conversationOfAlice();
    await conversation.updateUniqueName('orders');
    const raw = await openRawClient(service);
    await raw.init('mallory');
    for (const path of ['/Client/v2/Conversations/orders', '/Client/v2/MyConversations/orders']) {
      const { httpStatus, body } = await raw.request('GET', path);
      expect(httpStatus).toBe(403);
      expect(JSON.stringify(body)).not.toContain(conversation.sid);
    }
  });

  it('falls silent for who has been taken out, on a socket that stays open', async () => {
    const { service, conversation } = await conversationOfAlice();
    await conversation.add('bob');
    const raw = await openRawClient(service);
    await raw.init('bob');
    const sids = await objectSids(raw, conversation.sid);
    await raw.request('POST', '/v4/Subscriptions', {
      event_protocol_version: 4,
      action: 'establish',
      correlation_id: 1,
      requests: Object.entries(sids).map(([type, sid]) => ({
        object_sid: sid,
        object_type: type,
        last_event_id: 0,
      })),
    });
    await raw.notification(({ event_type }) => event_type === 'subscription_established');
    await conversation.sendMessage('bob may read this');
    await raw.notification(
      ({ event_type, event }) =>
        event_type === 'list_item_added' && isObject(event) && event.item_index === 1,
    );
    await conversation.removeParticipant('bob');
    const before = raw.notifications.length;
    await conversation.sendMessage('bob may not read this');
    await raw.request('GET', '/Client/v2/Configuration');
    expect(raw.notifications.slice(before)).toEqual([]);
    expect((await raw.request('GET', `/v3/Lists/${sids.list}`)).httpStatus).toBe(403);
  });
});
