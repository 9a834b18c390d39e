import { expect, it } from 'vitest';
import { openRawClient } from './raw-client.js';
import { startService } from './service.js';

it('lists every conversation that stays, though one of an earlier page is left meanwhile', async () => {
  const service = await startService();
  const raw = await openRawClient(service);
  await raw.init('alice');
  const made: string[] = [];
  for (let count = 0; count < 52; count += 1) {
    const { body } = await raw.request('POST', '/Client/v2/Conversations', {});
    const { sid } = body as { sid: string };
    await raw.request('POST', `/Client/v2/Conversations/${sid}/Participants`, { identity: 'alice' });
    made.push(sid);
  }
  const page = async (PageToken: string) => {
    const { body } = await raw.request('GET', '/Client/v2/MyConversations', undefined, { PageToken });
    const { conversations, meta } = body as {
      conversations: { sid: string }[];
      meta: { next_token: string | null };
    };
    return { sids: conversations.map(({ sid }) => sid), next: meta.next_token };
  };
  const first = await page('');
  expect(first.sids).toEqual(made.slice(0, 50));
  await raw.request('DELETE', `/Client/v2/Conversations/${made[0]}/Participants/alice`, {});
  expect(await page(first.next ?? '')).toEqual({ sids: made.slice(50), next: null });
});
