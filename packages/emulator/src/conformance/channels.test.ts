import type { Message, Participant } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { openRawClient } from './raw-client.js';
import { next, shareConversation, startService } from './service.js';

describe('participants of other channels with the official SDK', () => {
  it('come, are shown to everybody with their addresses, and go', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const joined = next<Participant>('participantJoined', (hear) => theirs!.on('participantJoined', hear));
    const added = await mine!.addNonChatParticipant('+15005550001', '+15005550006', { from: 'shop' });
    expect(added).toMatchObject({
      sid: expect.stringMatching(/^MB[0-9a-f]{32}$/),
      identity: null,
      messaging_binding: { type: 'sms', address: '+15005550006', proxy_address: '+15005550001' },
    });
    const participant = await joined;
    expect(participant).toMatchObject({ type: 'sms', identity: null, attributes: { from: 'shop' } });
    expect(participant.bindings).toEqual({ sms: expect.objectContaining({ address: '+15005550006' }) });
    expect(await theirs!.getParticipantsCount()).toBe(3);

    const left = next<Participant>('participantLeft', (hear) => theirs!.on('participantLeft', hear));
    await mine!.removeParticipant(added.sid);
    expect((await left).sid).toBe(added.sid);
  });

  it('have a name and a level by e-mail', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    const joined = next<Participant>('participantJoined', (hear) => mine!.on('participantJoined', hear));
    const email = { name: 'Ann', level: 'cc', address: '' } as const;
    await mine!.addNonChatParticipant('shop@example.com', 'ann@example.com', {}, { email });
    const participant = await joined;
    expect(participant.type).toBe('email');
    expect(participant.bindings.email).toEqual({ name: 'Ann', address: 'ann@example.com', level: 'cc' });
  });

  it('are found as the author of what REST says under their address', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    // The SDK finds an author only among the participants that it has heard of.
    const joined = next<Participant>('participantJoined', (hear) => mine!.on('participantJoined', hear));
    const { sid } = await mine!.addNonChatParticipant('whatsapp:+15005550001', 'whatsapp:+15005550006');
    await joined;
    const added = next<Message>('messageAdded', (hear) => mine!.on('messageAdded', hear));
    const { accountSid, authToken } = service.credentials;
    await fetch(`${service.restUrl}/v1/Conversations/${mine!.sid}/Messages`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      body: new URLSearchParams({ Author: 'whatsapp:+15005550006', Body: 'By phone' }),
    });
    const message = await added;
    expect(message).toMatchObject({ author: 'whatsapp:+15005550006', participantSid: sid });
    expect((await message.getParticipant()).type).toBe('whatsapp');
  });

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
