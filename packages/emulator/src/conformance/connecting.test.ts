import type { ConnectionState, Conversation } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { openRawClient } from './raw-client.js';
import { next, startService } from './service.js';

describe('connecting with the official SDK', () => {
  it('initialises, knows its user, and has no conversations', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    expect(alice.connectionState).toBe('connected');
    expect(alice.user.identity).toBe('alice');
    expect(alice.user.attributes).toEqual({});
    expect((await alice.getSubscribedConversations()).items).toEqual([]);
    expect(await alice.getContentTemplates()).toEqual([]);
  });

  it('takes identities that are not plain words', async () => {
    const service = await startService();
    for (const identity of ['søster 👋', 'a/b?c=d&e#f', '50% off', "o'neil@shop.example"]) {
      const client = await service.connect(identity);
      expect(client.user.identity).toBe(identity);
      const conversation = await client.createConversation();
      await conversation.join();
      const participants = await conversation.getParticipants();
      expect(participants.map((participant) => participant.identity)).toEqual([identity]);
      await conversation.leave();
    }
  });

  it('gives a second session of the same identity the same conversations and events', async () => {
    const service = await startService();
    const [first, second] = await Promise.all([service.connect('alice'), service.connect('alice')]);
    const joined = next<Conversation>('conversationJoined in the second session', (hear) =>
      second.on('conversationJoined', hear),
    );
    const conversation = await first.createConversation({ friendlyName: 'Two tabs' });
    await conversation.join();
    const seen = await joined;
    expect(seen.sid).toBe(conversation.sid);
    expect(seen.friendlyName).toBe('Two tabs');
    const later = await service.connect('alice');
    const listed = await later.getSubscribedConversations();
    expect(listed.items.map(({ sid }) => sid)).toEqual([conversation.sid]);
  });

  it('lists more conversations than fit on a page', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const sids = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const conversation = await alice.createConversation();
        await conversation.join();
        return conversation.sid;
      }),
    );
    const again = await service.connect('alice');
    const found: string[] = [];
    let page = await again.getSubscribedConversations();
    found.push(...page.items.map(({ sid }) => sid));
    while (page.hasNextPage) {
      page = await page.nextPage();
      found.push(...page.items.map(({ sid }) => sid));
    }
    expect(found.sort()).toEqual(sids.sort());
  });

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

  it('ends politely on shutdown', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const ended = next<ConnectionState>(
      'disconnected',
      (hear) => alice.on('connectionStateChanged', hear),
      (state) => state === 'disconnected',
    );
    await alice.shutdown();
    await ended;
  });
});
