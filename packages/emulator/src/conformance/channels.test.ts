import type { Message, MessageUpdatedEventArgs, RecipientDescriptor } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { openRawClient } from './raw-client.js';
import { next, shareConversation, startService } from './service.js';

describe('participants of other channels with the official SDK', () => {
  it('are refused with a code when they are there already, or have no address', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    const add = (proxy: string, address: string) => mine!.addNonChatParticipant(proxy, address);
    await add('+15005550001', '+15005550006');
    await expect(add('+15005550001', '+15005550006')).rejects.toMatchObject({
      status: 409,
      body: { code: 50416 },
    });
    await expect(add('+15005550001', 'nonsense')).rejects.toMatchObject({
      status: 400,
      body: { code: 50407 },
    });
  });

  it('refuse bindings that no SDK would send', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    const raw = await openRawClient(service);
    await raw.init('alice');
    const path = `/Client/v2/Conversations/${mine!.sid}/Participants`;
    const address = '+15005550006';
    const bodies = [
      { messaging_binding: {} },
      { messaging_binding: [] },
      { messaging_binding: 'sms' },
      { messaging_binding: { address, proxy_address: 5 } },
      { messaging_binding: { address, proxy_address: '+15005550001', level: 'to' } },
      { identity: 'carol', messaging_binding: { address, proxy_address: '+15005550001' } },
    ];
    for (const body of bodies) expect((await raw.request('POST', path, body)).httpStatus).toBe(400);
    expect((await raw.request('POST', path, { messaging_binding: null })).httpStatus).toBe(400);
    const stranger = await openRawClient(service);
    await stranger.init('mallory');
    const right = { messaging_binding: { address, proxy_address: '+15005550001' } };
    expect((await stranger.request('POST', path, right)).httpStatus).toBe(403);
    expect((await raw.request('POST', path, right)).httpStatus).toBe(201);
  });
});

describe('delivery receipts with the official SDK', () => {
  it('come with the message and move while it is watched', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const added: { sid: string }[] = [];
    for (let last = 1; last <= 25; last += 1) {
      const address = `+150055500${String(last).padStart(2, '0')}`;
      added.push(await mine!.addNonChatParticipant('+15005550099', address));
    }
    const heard = next<Message>('messageAdded', (hear) => theirs!.on('messageAdded', hear));
    await mine!.sendMessage('to all of them');
    const message = await heard;
    expect(message.aggregatedDeliveryReceipt).toMatchObject({ total: 25, sent: 'all', delivered: 'none' });
    // More than a page of them.
    const receipts = await message.getDetailedDeliveryReceipts();
    expect(receipts.map(({ participantSid }) => participantSid)).toEqual(added.map(({ sid }) => sid));
    expect(receipts[0]).toMatchObject({
      sid: expect.stringMatching(/^DY/),
      messageSid: message.sid,
      conversationSid: mine!.sid,
      status: 'sent',
      errorCode: 0,
    });

    const moved = next<MessageUpdatedEventArgs>('updated', (hear) => message.on('updated', hear));
    service.deliver({ messageSid: message.sid, participantSid: added[3]!.sid, status: 'read' });
    expect((await moved).updateReasons).toEqual(['deliveryReceipt']);
    expect(message.aggregatedDeliveryReceipt).toMatchObject({ delivered: 'some', read: 'some' });
    const all = next<MessageUpdatedEventArgs>('updated', (hear) => message.on('updated', hear));
    service.deliver({ messageSid: message.sid, status: 'delivered' });
    await all;
    expect(message.aggregatedDeliveryReceipt).toMatchObject({ sent: 'all', delivered: 'all', read: 'some' });
  });

  it('are for those in the conversation, and of a message that is there', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    await mine!.sendMessage('hello');
    const [message] = (await mine!.getMessages()).items;
    expect(message!.aggregatedDeliveryReceipt).toBeNull();
    const [raw, stranger] = [await openRawClient(service), await openRawClient(service)];
    await raw.init('alice');
    await stranger.init('mallory');
    const base = `/Client/v2/Conversations/${mine!.sid}`;
    for (const path of [
      `${base}/Messages/${message!.sid}/Receipts`,
      `${base}/Messages/${message!.sid}/ChannelMetadata`,
      `${base}/MessageRecipients`,
    ]) {
      expect(await stranger.request('GET', path)).toMatchObject({ httpStatus: 403, body: { code: 50430 } });
    }
    const elsewhere = `${base}/Messages/IM${'0'.repeat(32)}/Receipts`;
    expect((await raw.request('GET', elsewhere)).httpStatus).toBe(404);
    const badPage = await raw.request('GET', `${base}/MessageRecipients`, undefined, { PageToken: 'x' });
    expect(badPage).toMatchObject({ httpStatus: 400, body: { code: 20001 } });
    expect(await raw.request('GET', `${base}/Messages/${message!.sid}/ChannelMetadata`)).toMatchObject({
      httpStatus: 404,
      body: { status: 404, code: 50530 },
    });
  });
});

describe('what a channel adds to a message', () => {
  it('is read with the official SDK', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    await mine!.sendMessage('plain');
    await mine!.sendMessage('from a phone');
    const { items } = await mine!.getMessages();
    service.setChannelMetadata({ messageSid: items[1]!.sid, type: 'whatsapp', data: { ProfileName: 'Ann' } });
    // The SDK takes notice of it when it loads a message.
    const later = await service.connect('alice');
    const again = await (await later.getConversationBySid(mine!.sid)).getMessages();
    const [plain, phoned] = again.items;
    expect(await plain!.getChannelMetadata()).toBeNull();
    expect(await phoned!.getChannelMetadata()).toEqual({ type: 'whatsapp', data: { ProfileName: 'Ann' } });
  });
});

describe('recipients with the official SDK', () => {
  it('are who gets a message by e-mail, and who it is from', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    await mine!.sendMessage('before anybody had e-mail');
    const email = (name: string, level: 'to' | 'cc') => ({ email: { name, level, address: '' } });
    const proxy = 'shop@example.com';
    await mine!.addNonChatParticipant(proxy, 'ann@example.com', {}, email('Ann', 'to'));
    await mine!.addNonChatParticipant(proxy, 'ben@example.com', {}, email('Ben', 'cc'));
    await mine!.addNonChatParticipant('+15005550001', '+15005550006');
    for (const body of ['one', 'two', 'three']) await mine!.sendMessage(body);
    const { items } = await mine!.getMessages();
    expect(await items[0]!.getMessageRecipients()).toEqual([]);
    const messageSid = items[1]!.sid;
    const expected = [
      { type: 'email', messageSid, level: 'from', name: 'alice', address: proxy },
      { type: 'email', messageSid, level: 'to', name: 'Ann', address: 'ann@example.com' },
      { type: 'email', messageSid, level: 'cc', name: 'Ben', address: 'ben@example.com' },
    ];
    expect(await items[1]!.getMessageRecipients()).toEqual(expected);

    const seen: RecipientDescriptor[] = [];
    let page = await mine!.getMessageRecipients({ pageSize: 4 });
    seen.push(...page.items);
    while (page.hasNextPage) {
      page = await page.nextPage();
      seen.push(...page.items);
    }
    expect(seen).toHaveLength(9);
    expect(seen.slice(0, 3)).toEqual(expected);
    // The SDK names no size after the first page, so that the second one held the rest.
    const back = await page.prevPage();
    expect(back.items).toEqual(seen.slice(0, 4));
  });
});
