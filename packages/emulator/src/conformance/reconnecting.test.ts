import type { Message } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { next, reaches, shareConversation, startService } from './service.js';

describe('losing the socket with the official SDK', () => {
  it('delivers missed, queued and later messages exactly once and in order', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    await theirs!.sendMessage('before');
    const heard: string[] = [];
    const last = next<Message>(
      'the last message',
      (hear) =>
        mine!.on('messageAdded', (message) => {
          heard.push(message.body ?? '');
          hear(message);
        }),
      ({ body }) => body === 'after',
    );

    const lost = reaches(alice, 'connecting');
    service.faults.drop('alice');
    service.faults.refuse(true);
    await lost;
    const queued = mine!.sendMessage('queued while away');
    for (const body of ['missed 1', 'missed 2', 'missed 3', 'missed 4', 'missed 5']) {
      await theirs!.sendMessage(body);
    }
    const back = reaches(alice, 'connected');
    service.faults.refuse(false);
    await back;
    expect(await queued).toBe(6);
    await theirs!.sendMessage('after');
    await last;
    expect(heard.filter((body) => body !== 'before')).toEqual([
      'missed 1',
      'missed 2',
      'missed 3',
      'missed 4',
      'missed 5',
      'queued while away',
      'after',
    ]);
    const history = await mine!.getMessages();
    expect(history.items.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('replays edits, removals and being taken out of a conversation', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [kept, keptByBob] = await shareConversation(alice, bob);
    const [ended] = await shareConversation(alice, bob);
    for (const body of ['edited later', 'removed later']) await kept!.sendMessage(body);
    const [first, second] = (await kept!.getMessages()).items;
    await keptByBob!.getMessages();

    const lost = reaches(bob, 'connecting');
    service.faults.drop('bob');
    service.faults.refuse(true);
    await lost;
    const edited = next<unknown>('messageUpdated', (hear) => keptByBob!.on('messageUpdated', hear));
    const removed = next<Message>('messageRemoved', (hear) => keptByBob!.on('messageRemoved', hear));
    const left = next<{ sid: string }>('conversationLeft', (hear) => bob.on('conversationLeft', hear));
    await first!.updateBody('edited meanwhile');
    await second!.remove();
    await ended!.removeParticipant('bob');
    service.faults.refuse(false);

    await edited;
    expect((await removed).index).toBe(1);
    expect((await left).sid).toBe(ended!.sid);
    expect((await keptByBob!.getMessages()).items.map(({ body }) => body)).toEqual(['edited meanwhile']);
  });

  it('finds nothing of its own after the store was emptied', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    const removed = next<{ sid: string }>('conversationRemoved', (hear) =>
      alice.on('conversationRemoved', hear),
    );
    service.reset();
    expect((await removed).sid).toBe(mine!.sid);
    const again = await service.connect('alice');
    expect((await again.getSubscribedConversations()).items).toEqual([]);
  });
});
