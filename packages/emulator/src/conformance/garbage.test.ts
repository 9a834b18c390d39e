import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { isObject } from '../json.js';
import { openRawClient } from './raw-client.js';
import { startService } from './service.js';

const opensAs = (url: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers });
    socket.on('error', () => {});
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('close', () => reject(new Error('closed without an answer')));
  });

describe('what no SDK would send', () => {
  it('gets a refusal by name for a call that is not there', async () => {
    const service = await startService();
    const raw = await openRawClient(service);
    await raw.init('alice');
    for (const [method, path] of [
      ['GET', '/Client/v2/Nothing'],
      ['PUT', '/Client/v2/Configuration'],
      ['GET', ''],
      ['GET', '/v3/Streams/x'],
    ] as const) {
      const { httpStatus, body } = await raw.request(method, path);
      expect(httpStatus).toBe(501);
      expect(body).toMatchObject({ status: 501, code: 20501 });
      expect(isObject(body) && body.message).toContain(`${method} ${path}`);
    }
  });

  it('gets a refusal for bodies of the wrong shape, and the socket lives on', async () => {
    const service = await startService();
    const raw = await openRawClient(service);
    await raw.init('alice');
    const created = await raw.request('POST', '/Client/v2/Conversations', {});
    const path = `/Client/v2/Conversations/${isObject(created.body) && created.body.sid}`;
    await raw.request('POST', `${path}/Participants`, { identity: 'alice' });
    const attempts: [string, string, unknown, number][] = [
      ['POST', '/Client/v2/Conversations', '{', 400],
      ['POST', '/Client/v2/Conversations', [], 400],
      ['POST', '/Client/v2/Conversations', 'null', 400],
      ['POST', '/Client/v2/Conversations', { friendly_name: 7 }, 400],
      ['POST', '/Client/v2/Conversations', { friendly_name: 'x'.repeat(257) }, 400],
      ['POST', '/Client/v2/Conversations', { unique_name: `CH${'a'.repeat(32)}` }, 400],
      ['POST', '/Client/v2/Conversations', { attributes: { not: 'text' } }, 400],
      ['POST', '/Client/v2/Conversations', { attributes: '{broken' }, 400],
      ['POST', '/Client/v2/Conversations', { attributes: JSON.stringify('x'.repeat(16_384)) }, 400],
      ['POST', `${path}/Messages`, { body: true }, 400],
      ['POST', `${path}/Messages`, { attributes: '[' }, 400],
      ['POST', `${path}/Messages`, { body: 'x', media_sids: ['ME1'] }, 400],
      ['POST', `${path}/Messages/IM0`, { body: 'x' }, 404],
      ['POST', `${path}/Participants`, {}, 400],
      ['POST', `${path}/Participants`, { identity: '' }, 400],
      ['POST', `${path}/Participants`, { identity: 'x'.repeat(257) }, 400],
      ['POST', `${path}/Participants`, { messaging_binding: { address: '+1' } }, 400],
      ['DELETE', `${path}/Participants/nobody`, {}, 404],
      ['POST', '/Client/v2/Typing', '', 400],
      ['POST', '/v4/Subscriptions', '', 400],
      ['POST', '/v4/Subscriptions', { action: 'establish', correlation_id: 1, requests: [null] }, 400],
      ['POST', '/v4/Subscriptions', { action: 'explode', correlation_id: 1, requests: [] }, 400],
      ['GET', '/Client/v2/MyConversations/a%2Fb', undefined, 404],
    ];
    for (const [method, where, body, status] of attempts) {
      const reply = await raw.request(method, where, body);
      expect([method, where, body, reply.httpStatus]).toEqual([method, where, body, status]);
      expect(reply.body).toMatchObject({ status, code: expect.any(Number), message: expect.any(String) });
    }
    const mine = path.replace('Conversations', 'MyConversations');
    for (const body of [
      { last_read_message_index: 'x' },
      { last_read_message_index: -1 },
      { last_read_message_index: 0.5 },
      { notification_level: 'loud' },
    ]) {
      expect((await raw.request('POST', mine, body)).httpStatus).toBe(400);
    }
    for (const params of [{ Order: 'sideways' }, { PageSize: '0' }, { PageSize: 'x' }, { From: 'x' }]) {
      const list = await raw.request('GET', `/v3/Lists/${path.split('/').at(-1)}.messages`);
      const sid = isObject(list.body) && list.body.sid;
      const items = await raw.request('GET', `/v3/Services/IS0/Lists/${sid}/Items`, undefined, params);
      expect(items.httpStatus).toBe(400);
    }
    expect((await raw.request('GET', '/Client/v2/Configuration')).httpStatus).toBe(200);
  });

  it('never finds a call that fails inside, whatever is sent to it', async () => {
    const lines: string[] = [];
    const service = await startService({ log: (line) => lines.push(line) });
    const raw = await openRawClient(service);
    await raw.init('alice');
    const created = await raw.request('POST', '/Client/v2/Conversations', {});
    const sid = String(isObject(created.body) && created.body.sid);
    await raw.request('POST', `/Client/v2/Conversations/${sid}/Participants`, { identity: 'alice' });
    const own = '/Client/v2/Conversations';
    const paths = fc.constantFrom(
      own,
      `${own}/${sid}`,
      `${own}/${sid}/Participants`,
      `${own}/${sid}/Participants/alice`,
      `${own}/${sid}/Messages`,
      `${own}/${sid}/Messages/x`,
      `/Client/v2/MyConversations/${sid}`,
      '/Client/v2/Users/alice',
      '/Client/v2/Typing',
      '/v4/Subscriptions',
    );
    const names = [
      ...['friendly_name', 'unique_name', 'attributes', 'identity', 'body', 'subject'],
      ...['last_read_message_index', 'notification_level', 'media_sids', 'messaging_binding'],
      ...['action', 'correlation_id', 'requests', 'object_sid', 'object_type', 'last_event_id', '__proto__'],
    ];
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('establish', 'cancel', 'map', 1e308, '\ud800', '\0'),
    );
    const body = fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.constantFrom(...names), value));
    await fc.assert(
      fc.asyncProperty(paths, body, async (path, sent) => {
        const { httpStatus } = await raw.request('POST', path, sent);
        expect(httpStatus).not.toBe(500);
      }),
      { numRuns: 500 },
    );
    expect(lines).toEqual([]);
  });

  it('gets an error status for frames that say nothing the server knows', async () => {
    const service = await startService();
    const raw = await openRawClient(service);
    const status = async (header: Record<string, unknown>) => {
      const reply = await raw.ask(header);
      return isObject(reply.header.status) ? reply.header.status.code : undefined;
    };
    expect(await status({ method: 'message', http_request: { method: 'GET', path: '/' } })).toBe(401);
    expect(await status({ method: 'init' })).toBe(400);
    expect(await status({ method: 'init', token: 'x'.repeat(10_000) })).toBe(401);
    await raw.init('alice');
    expect(await status({ method: 'init', token: await service.token('alice') })).toBe(400);
    expect(await status({ method: 'update' })).toBe(400);
    expect(await status({ method: 'message' })).toBe(400);
    expect(await status({ method: 'message', http_request: { method: 'GET', path: '/%' } })).toBe(400);
    expect(
      await status({ method: 'message', http_request: { method: 'GET', path: '/', params: { a: '%' } } }),
    ).toBe(400);
    const params = { a: { toString: 'no function' } };
    expect(await status({ method: 'message', http_request: { method: 'GET', path: '/', params } })).toBe(400);
    expect(await status({ method: 'fly' })).toBe(400);
    expect(await status({ method: 'put_notification_ctx' })).toBe(200);
    expect((await raw.request('GET', '/Client/v2/Configuration')).httpStatus).toBe(200);
  });

  it('loses its socket when it cannot be answered, and takes nobody with it', async () => {
    const service = await startService();
    const neighbour = await service.connect('neighbour');
    const sends: [string, (socket: WebSocket) => void, number][] = [
      ['text', (socket) => socket.send('TWILSOCK V3.0 2\r\n{}\r\n'), 1003],
      ['not a frame', (socket) => socket.send(Buffer.from('hello')), 1002],
      ['a header cut off', (socket) => socket.send(Buffer.from('TWILSOCK V3.0 99\r\n{}\r\n')), 1002],
      ['no id', (socket) => socket.send(Buffer.from('TWILSOCK V3.0 17\r\n{"method":"init"}\r\n')), 1002],
      ['too much', (socket) => socket.send(Buffer.alloc(2 * 1024 * 1024)), 1009],
    ];
    for (const [what, send, code] of sends) {
      const raw = await openRawClient(service);
      send(raw.socket);
      expect([what, (await raw.closed).code]).toEqual([what, code]);
    }
    const conversation = await neighbour.createConversation();
    await conversation.join();
    expect(await conversation.sendMessage('unharmed')).toBe(0);
  });

  it('gets no socket from a foreign page, a foreign host or another path', async () => {
    const service = await startService();
    const own = new URL(service.wsUrl).host;
    expect(await opensAs(service.wsUrl, {})).toBe(101);
    expect(await opensAs(service.wsUrl, { origin: 'http://localhost:3000' })).toBe(101);
    expect(await opensAs(service.wsUrl, { origin: 'https://evil.example' })).toBe(403);
    expect(await opensAs(service.wsUrl, { origin: 'null' })).toBe(403);
    expect(await opensAs(service.wsUrl, { host: 'evil.example' })).toBe(403);
    expect(await opensAs(`ws://${own}/elsewhere`, {})).toBe(501);
  });
});
