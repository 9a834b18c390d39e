import { describe, expect, it } from 'vitest';
import { openRawClient } from './raw-client.js';
import { shareConversation, startService } from './service.js';

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
