import type { ConnectionState } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { next, reaches, shareConversation, startService, type TokenBend } from './service.js';

describe('access tokens with the official SDK', () => {
  it('says that a token is about to expire, and takes a new one', async () => {
    const service = await startService();
    const client = service.open(await service.token('alice', { seconds: 4 }));
    const aboutToExpire = next<void>('tokenAboutToExpire', (hear) => client.on('tokenAboutToExpire', hear));
    const states: ConnectionState[] = [];
    client.on('connectionStateChanged', (state) => states.push(state));
    await aboutToExpire;
    await client.updateToken(await service.token('alice'));
    expect(client.connectionState).toBe('connected');
    expect(states).toEqual(['connecting', 'connected']);
    const [conversation] = await shareConversation(client);
    expect(await conversation!.sendMessage('still here')).toBe(0);
  });

  it('ends the socket of an expired token, and a new token brings the client back', async () => {
    const service = await startService();
    const client = service.open(await service.token('alice', { seconds: 2 }));
    await next<void>('initialized', (hear) => client.on('initialized', hear));
    const denied = reaches(client, 'denied');
    await next<void>('tokenExpired', (hear) => client.on('tokenExpired', hear));
    await denied;
    const back = reaches(client, 'connected');
    await client.updateToken(await service.token('alice'));
    await back;
    const [conversation] = await shareConversation(client);
    expect(await conversation!.sendMessage('back')).toBe(0);
  });

  it('denies a bad token on update, and recovers with a good one', async () => {
    const service = await startService();
    const client = await service.connect('alice');
    const [conversation] = await shareConversation(client);
    const denied = reaches(client, 'denied');
    await expect(
      client.updateToken(await service.token('alice', { secret: 'another secret' })),
    ).rejects.toThrow();
    await denied;
    const back = reaches(client, 'connected');
    await client.updateToken(await service.token('alice', { seconds: 1800 }));
    await back;
    expect(await conversation!.sendMessage('recovered')).toBe(0);
  });

  it('does not let a token change the identity of a socket', async () => {
    const service = await startService();
    const client = await service.connect('alice');
    await expect(client.updateToken(await service.token('bob'))).rejects.toThrow();
  });

  const yesterday = Math.floor(Date.now() / 1000) - 86_400;
  const refused: [string, TokenBend, number][] = [
    ['signed by somebody else', { secret: 'another secret' }, 20107],
    ['of another key', { claims: { iss: `SK${'0'.repeat(32)}` } }, 20103],
    ['of another account', { claims: { sub: `AC${'0'.repeat(32)}` } }, 20103],
    ['that has expired', { seconds: -1 }, 20104],
    ['without an end', { claims: { exp: undefined } }, 20104],
    ['not valid yet', { claims: { nbf: yesterday + 2 * 86_400 } }, 20105],
    ['without a chat grant', { claims: { grants: { identity: 'alice' } } }, 20106],
    [
      'of another service',
      { claims: { grants: { identity: 'alice', chat: { service_sid: 'IS0' } } } },
      20106,
    ],
    ['without an identity', { claims: { grants: { chat: { service_sid: 'IS0' } } } }, 20106],
    ['that lives longer than a day', { seconds: 86_400 + 60 }, 20157],
    ['of another content type', { header: { cty: 'something' } }, 20102],
    ['of another type', { header: { typ: 'at+jwt' } }, 20101],
  ];
  it.each(refused)('refuses a token %s', async (_, bend, errorCode) => {
    const service = await startService();
    const client = service.open(await service.token('alice', bend));
    const error = await next<{ terminal: boolean; errorCode?: number | undefined }>(
      'connectionError',
      (hear) => client.on('connectionError', hear),
    );
    expect(error).toMatchObject({ terminal: true, httpStatusCode: 401, errorCode });
  });

  it('refuses what is no token at all', async () => {
    const service = await startService();
    for (const text of ['x', 'a.b.c', '..', '👋', '\r\n']) {
      const client = service.open(text);
      const error = await next<{ terminal: boolean }>('connectionError', (hear) =>
        client.on('connectionError', hear),
      );
      expect(error).toMatchObject({ terminal: true, errorCode: 20101 });
    }
  });
});
