import type { Message, Paginator } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { next, type Service, shareConversation, startService } from './service.js';

const total = 173;
const all = Array.from({ length: total }, (_, index) => index);
const indexes = (page: Paginator<Message>): number[] => page.items.map(({ index }) => index);

async function conversationWithHistory(service: Service) {
  const writer = await service.connect('writer');
  const reader = await service.connect('reader');
  const [conversation] = await shareConversation(writer, reader);
  for (const index of all) await conversation!.sendMessage(`message ${index}`);
  // A new client, which has nothing cached.
  const fresh = await service.connect('reader');
  return { fresh: await fresh.getConversationBySid(conversation!.sid), conversation: conversation! };
}

describe('history with the official SDK', () => {
  it('pages back from the end, all and once and in order, while new messages arrive', async () => {
    const service = await startService();
    const { fresh, conversation } = await conversationWithHistory(service);
    expect(await fresh.getMessagesCount()).toBe(total);
    let page = await fresh.getMessages(30);
    expect(page.hasNextPage).toBe(false);
    const found = indexes(page);
    const live = next<Message>('messageAdded', (hear) => fresh.on('messageAdded', hear));
    while (page.hasPrevPage) {
      if (found.length === 60) await conversation.sendMessage('arrives meanwhile');
      page = await page.prevPage();
      found.unshift(...indexes(page));
    }
    expect(found).toEqual(all);
    expect((await live).index).toBe(total);
  });

  it('pages forward from the first message', async () => {
    const service = await startService();
    const { fresh } = await conversationWithHistory(service);
    let page = await fresh.getMessages(25, 0, 'forward');
    const found = indexes(page);
    expect(page.hasPrevPage).toBe(false);
    while (page.hasNextPage) {
      page = await page.nextPage();
      found.push(...indexes(page));
    }
    expect(found).toEqual(all);
  });

  it('pages both ways around an anchor', async () => {
    const service = await startService();
    const { fresh } = await conversationWithHistory(service);
    const back = await fresh.getMessages(20, 99, 'backwards');
    expect(indexes(back)).toEqual(all.slice(80, 100));
    expect([back.hasPrevPage, back.hasNextPage]).toEqual([true, true]);
    expect(indexes(await back.prevPage()).at(-1)).toBe(79);
    const forward = await fresh.getMessages(20, 100, 'forward');
    expect(indexes(forward)).toEqual(all.slice(100, 120));
    expect([forward.hasPrevPage, forward.hasNextPage]).toEqual([true, true]);
  });
});
