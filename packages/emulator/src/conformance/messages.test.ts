import type {
  ConversationUpdatedEventArgs,
  Message,
  MessageUpdatedEventArgs,
  Participant,
} from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { next, shareConversation, startService } from './service.js';

describe('messages with the official SDK', () => {
  it('carries text, emoji and attributes to the others and to the own second session', async () => {
    const service = await startService();
    const [alice, tab, bob] = await Promise.all([
      service.connect('alice'),
      service.connect('alice'),
      service.connect('bob'),
    ]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const inTab = await tab.getConversationBySid(mine!.sid);
    await inTab.getMessages(1);
    const heard = [mine!, inTab, theirs!].map((conversation) =>
      next<Message>('messageAdded', (hear) => conversation.on('messageAdded', hear)),
    );
    const text = '👩‍👩‍👧 <b>"hi"</b> \u0000 \u2028 end';
    const index = await mine!.sendMessage(text, { cid: 'x', deep: { list: [1, null, '👋'] } });
    expect(index).toBe(0);
    for (const message of await Promise.all(heard)) {
      expect(message.body).toBe(text);
      expect(message.author).toBe('alice');
      expect(message.index).toBe(0);
      expect(message.attributes).toEqual({ cid: 'x', deep: { list: [1, null, '👋'] } });
      expect((await message.getParticipant()).identity).toBe('alice');
    }
  });

  it('names the last message in the conversation', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const updated = next<ConversationUpdatedEventArgs>(
      'updated lastMessage',
      (hear) => theirs!.on('updated', hear),
      ({ updateReasons }) => updateReasons.includes('lastMessage'),
    );
    await mine!.sendMessage('one');
    await updated;
    expect(theirs!.lastMessage?.index).toBe(0);
    expect(theirs!.lastMessage?.dateCreated).toBeInstanceOf(Date);
  });

  it('sends what the message builder makes, with a subject', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    const index = await mine!.prepareMessage().setBody('built').setSubject('a subject').build().send();
    expect(index).toBe(0);
    const [message] = (await mine!.getMessages()).items;
    expect(message).toMatchObject({ body: 'built', subject: 'a subject' });
    expect(await message!.getDetailedDeliveryReceipts()).toEqual([]);
  });

  it('edits bodies and attributes, and names who edited', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const added = next<Message>('messageAdded', (hear) => mine!.on('messageAdded', hear));
    const arrived = next<Message>('messageAdded', (hear) => theirs!.on('messageAdded', hear));
    await mine!.sendMessage('first draft');
    await arrived;
    const edited = next<MessageUpdatedEventArgs>(
      'messageUpdated body',
      (hear) => theirs!.on('messageUpdated', hear),
      ({ updateReasons }) => updateReasons.includes('body'),
    );
    await (await added).updateBody('second draft ✍️');
    expect((await edited).message.body).toBe('second draft ✍️');
    expect((await edited).message.lastUpdatedBy).toBe('alice');
    const marked = next<MessageUpdatedEventArgs>(
      'messageUpdated attributes',
      (hear) => theirs!.on('messageUpdated', hear),
      ({ updateReasons }) => updateReasons.includes('attributes'),
    );
    await (await added).updateAttributes({ pinned: true });
    expect((await marked).message.attributes).toEqual({ pinned: true });
    expect((await marked).message.body).toBe('second draft ✍️');
  });

  it('removes messages and never uses their index again', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    for (const body of ['0', '1', '2']) await mine!.sendMessage(body);
    const [, , last] = (await mine!.getMessages()).items;
    await theirs!.getMessages();
    const removed = next<Message>('messageRemoved', (hear) => theirs!.on('messageRemoved', hear));
    await last!.remove();
    expect((await removed).index).toBe(2);
    expect(await mine!.sendMessage('3')).toBe(3);
    expect(await mine!.sendMessage('4')).toBe(4);
    const again = await service.connect('bob');
    const seen = await (await again.getConversationBySid(mine!.sid)).getMessages();
    expect(seen.items.map(({ index, body }) => [index, body])).toEqual([
      [0, '0'],
      [1, '1'],
      [3, '3'],
      [4, '4'],
    ]);
  });

  it('lets nobody but their author and the admin of the conversation change messages', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    await mine!.sendMessage('from alice');
    await theirs!.sendMessage('from bob');
    const [fromAlice] = (await theirs!.getMessages()).items;
    const refusal = { status: 403, body: { code: 50107 } };
    await expect(fromAlice!.updateBody('forged')).rejects.toMatchObject(refusal);
    await expect(fromAlice!.remove()).rejects.toMatchObject(refusal);
    const [, fromBob] = (await mine!.getMessages()).items;
    const removed = next<Message>('messageRemoved', (hear) => mine!.on('messageRemoved', hear));
    await fromBob!.remove();
    expect((await removed).index).toBe(1);
    expect((await mine!.getMessages()).items).toHaveLength(1);
  });

  it('tells the others who types, ends by the message or by itself, and never echoes', async () => {
    const service = await startService();
    const [alice, tab, bob] = await Promise.all([
      service.connect('alice'),
      service.connect('alice'),
      service.connect('bob'),
    ]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const inTab = await tab.getConversationBySid(mine!.sid);
    const echoes: Participant[] = [];
    mine!.on('typingStarted', (participant) => echoes.push(participant));
    inTab.on('typingStarted', (participant) => echoes.push(participant));

    const started = next<Participant>('typingStarted', (hear) => theirs!.on('typingStarted', hear));
    await mine!.typing();
    expect((await started).identity).toBe('alice');
    const endedByMessage = next<Participant>('typingEnded', (hear) => theirs!.on('typingEnded', hear));
    await mine!.sendMessage('done');
    expect((await endedByMessage).identity).toBe('alice');

    const answered = next<Participant>('typingStarted', (hear) => mine!.on('typingStarted', hear));
    const endedByItself = next<Participant>('typingEnded', (hear) => mine!.on('typingEnded', hear));
    await theirs!.typing();
    expect((await answered).identity).toBe('bob');
    expect((await endedByItself).identity).toBe('bob');
    expect(echoes.map(({ identity }) => identity)).not.toContain('alice');
  });

  it('refuses what is too long, by its code', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    const largest = 'ü'.repeat(16 * 1024);
    expect(await mine!.sendMessage(largest)).toBe(0);
    await expect(mine!.sendMessage(`${largest}.`)).rejects.toMatchObject({
      status: 400,
      body: { code: 50504 },
    });
    await expect(mine!.sendMessage('x', { long: 'x'.repeat(4096) })).rejects.toMatchObject({
      status: 400,
      body: { code: 50303 },
    });
    expect((await mine!.getMessages()).items).toHaveLength(1);
  });
});
