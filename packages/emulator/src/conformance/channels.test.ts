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
