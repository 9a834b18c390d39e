import { expect, it } from 'vitest';
import { startService, type TokenBend } from '../conformance/service.js';
import { isObject } from '../json.js';
import { type MediaRouteOptions, mediaRoutes } from '../media/routes.js';
import { helperFor } from '../testing/start.js';

type Answer = readonly [status: number, code?: unknown];

/** The routes that are tried below, in that order. */
const tried = [
  'v1/Services/:service/Media',
  'v1/Services/:service/Media/:media',
  'v1/Services/:service/Media/:media/Content',
  'v1/Services/:service/MediaSet',
  'content/:media',
];

it('tries every route of media there is', () => {
  // Only what it is made of is asked for: nothing is answered.
  expect(mediaRoutes({} as MediaRouteOptions).map(({ path }) => path)).toEqual(tried);
});

it('gives a medium of a conversation to its participants only, on every route', async () => {
  const service = await startService();
  const base = `${service.restUrl}/mcs/v1/Services/${service.credentials.serviceSid}`;
  const { v1 } = helperFor({ emulator: service }).conversations;
  const room = await v1.conversations.create();
  const { participants, messages } = v1.conversations(room.sid);
  for (const identity of ['member', 'former']) await participants.create({ identity });
  const uploaded = await fetch(`${base}/Media?Category=media&Filename=a.txt`, {
    method: 'POST',
    headers: { 'x-twilio-token': await service.token('member'), 'content-type': 'text/plain' },
    body: 'a secret',
  });
  const { sid } = (await uploaded.json()) as { sid: string };
  await messages.create({ author: 'member', mediaSid: sid });
  await participants('former').remove();

  const ask = async (path: string, token: string, body?: string): Promise<Answer> => {
    const response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'x-twilio-token': token, 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    if (response.status >= 400) expect(text).not.toContain('secret');
    const answer: unknown = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined;
    if (Array.isArray(answer)) return [response.status, answer[0].code];
    return isObject(answer) && response.status >= 400 ? [response.status, answer.code] : [response.status];
  };
  const all = async (identity: string, bend?: TokenBend): Promise<Answer[]> => {
    const token = await service.token(identity, bend);
    const set = JSON.stringify({ command: 'get', list: [{ media_sid: sid }] });
    return [
      await ask(`${base}/Media`, token, set),
      await ask(`${base}/Media/${sid}`, token),
      await ask(`${base}/Media/${sid}/Content`, token),
      await ask(`${base}/MediaSet`, token, set),
      // A URL that expires is the permission itself: without its signature it opens nothing.
      await ask(`${service.restUrl}/mcs/content/${sid}`, token),
    ];
  };
  const unsigned: Answer = [403, expect.any(Number)];
  expect(await all('member')).toEqual([[201], [200], [200], [200, 200], unsigned]);
  // Anybody may upload: it stays the uploader's own until a message carries it.
  const outside: Answer[] = [[201], [403, 50430], [403, 50430], [200, 403], unsigned];
  expect(await all('stranger')).toEqual(outside);
  expect(await all('former')).toEqual(outside);
  const bent: [TokenBend, number][] = [
    [{ claims: { grants: { identity: 'member', chat: { service_sid: `IS${'0'.repeat(32)}` } } } }, 20106],
    [{ claims: { sub: `AC${'0'.repeat(32)}` } }, 20103],
    [{ secret: 'x'.repeat(32) }, 20107],
    [{ seconds: -1 }, 20104],
  ];
  for (const [bend, code] of bent) {
    const refused: Answer = [401, code];
    expect(await all('member', bend)).toEqual([refused, refused, refused, refused, unsigned]);
  }
});
