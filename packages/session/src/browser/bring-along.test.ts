import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createBringAlong } from './bring-along.js';

const SID = `CH${'a'.repeat(32)}`;
const end: (() => void)[] = [];
afterEach(() => {
  for (const one of end.splice(0)) one();
});

async function serve(status: number, body: string) {
  const asked: { url: string | undefined; method: string | undefined; fields: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({
      url: request.url,
      method: request.method,
      fields: Object.fromEntries(new URLSearchParams(text)),
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  end.push(() => server.close());
  return { asked, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const claim = { identity: 'id', proof: 's1.x', userToken: 'a.b.c', conversationSid: SID };

describe('bringing a conversation along', () => {
  test.each([
    ['/chat-widget', '/chat-widget/claim'],
    ['/chat-widget/', '/chat-widget/claim'],
    ['/chat-widget?site=1', '/chat-widget/claim?site=1'],
    ['', '/claim'],
  ])('from %s asks %s, with everything secret in the body', async (path, url) => {
    const { asked, origin } = await serve(200, '{}');
    await createBringAlong({ url: origin + path, fetch }).claim(claim);
    const fields = { identity: 'id', proof: 's1.x', user_token: 'a.b.c', conversation_sid: SID };
    expect(asked).toEqual([{ url, method: 'POST', fields }]);
  });

  test('for visitors of the original says who they were and which conversation was theirs', async () => {
    const { asked, origin } = await serve(200, '{}');
    const legacy = { legacyIdentity: 'old', legacyConversationSid: SID };
    await createBringAlong({ url: `${origin}/x`, fetch }).migrate({
      identity: 'id',
      proof: 's1.x',
      ...legacy,
    });
    expect(asked).toEqual([
      {
        url: '/x/migrate',
        method: 'POST',
        fields: { identity: 'id', proof: 's1.x', legacy_identity: 'old', legacy_conversation_sid: SID },
      },
    ]);
  });

  test('tells what the service says against it, and never asks by GET', async () => {
    const refused = await serve(403, '{"error":{"code":"claim_refused","message":"No."}}');
    await expect(createBringAlong({ url: refused.origin, fetch }).claim(claim)).rejects.toMatchObject({
      name: 'TokenServiceError',
      status: 403,
      code: 'claim_refused',
    });
    const unknown = await serve(404, '<h1>Not here</h1>');
    await expect(createBringAlong({ url: unknown.origin, fetch }).claim(claim)).rejects.toMatchObject({
      status: 404,
      code: null,
    });
    expect(unknown.asked).toHaveLength(1);
  });
});
