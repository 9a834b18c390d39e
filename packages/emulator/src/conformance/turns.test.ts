import { describe, expect, it } from 'vitest';
import { startReceiver } from '../testing/receiver.js';
import { helperFor } from '../testing/start.js';
import { openRawClient } from './raw-client.js';
import { startService } from './service.js';

describe('requests that come at once', () => {
  it('are told to the webhooks of a conversation that the last of them deletes', async () => {
    const service = await startService();
    const receiver = await startReceiver();
    const { conversations } = helperFor({ emulator: service }).conversations.v1;
    const { sid } = await conversations.create({ friendlyName: 'Short' });
    await conversations(sid).webhooks.create({
      target: 'webhook',
      'configuration.url': receiver.url,
      'configuration.filters': ['onMessageAdded', 'onConversationRemoved'],
    });
    const roles = await helperFor({ emulator: service }).conversations.v1.roles.list();
    const admin = roles.find(({ friendlyName }) => friendlyName === 'channel admin')?.sid ?? '';
    await conversations(sid).participants.create({ identity: 'ann', roleSid: admin });
    const raw = await openRawClient(service);
    await raw.init('ann');
    const path = `/Client/v2/Conversations/${sid}`;
    const replies = await Promise.all([
      raw.request('POST', `${path}/Messages`, { body: 'last words' }),
      raw.request('DELETE', path, {}),
    ]);
    expect(replies.map(({ httpStatus }) => httpStatus)).toEqual([201, 204]);
    await receiver.count(2);
    expect(receiver.values('EventType')).toEqual(['onMessageAdded', 'onConversationRemoved']);
  });

  it('are carried out before a reset that follows them, and not in the emptied store', async () => {
    let onNextLook = () => {};
    // The journal looks at the clock when a frame is heard; a microtask later its request waits for its turn.
    const now = () => {
      queueMicrotask(onNextLook);
      onNextLook = () => {};
      return Date.now();
    };
    const service = await startService({}, { clock: { now } });
    const raw = await openRawClient(service);
    await raw.init('ann');
    const heard: string[] = [];
    service.domain.facts.listen(({ type }) => heard.push(type));
    onNextLook = service.reset;
    void raw.request('POST', '/Client/v2/Conversations', { friendly_name: 'before' });
    await raw.closed;
    expect(heard).toEqual(['conversation.added']);
    const { store } = service.domain;
    expect(store.conversations.page(service.credentials.serviceSid, { limit: 9 })).toEqual([]);
  });
});
