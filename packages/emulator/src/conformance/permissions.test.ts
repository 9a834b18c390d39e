import type { Message } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { next, shareConversation, startService } from './service.js';

const refused = (permission: string) => ({
  status: 403,
  body: { code: 50107, message: expect.stringMatching(new RegExp(`: ${permission}$`)) },
});

describe('permissions with the official SDK', () => {
  it('refuse a plain participant by name what its role does not allow', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const arrived = next<Message>('messageAdded', (hear) => theirs!.on('messageAdded', hear));
    await mine!.sendMessage('from alice');
    const fromAlice = await arrived;
    const aliceThere = (await theirs!.getParticipantByIdentity('alice'))!;

    await expect(theirs!.add('carol')).rejects.toMatchObject(refused('addParticipant'));
    await expect(theirs!.removeParticipant('alice')).rejects.toMatchObject(refused('removeParticipant'));
    await expect(theirs!.updateFriendlyName('x')).rejects.toMatchObject(refused('editConversationName'));
    await expect(theirs!.updateUniqueName('x')).rejects.toMatchObject(refused('editConversationName'));
    await expect(theirs!.updateAttributes({ x: 1 })).rejects.toMatchObject(
      refused('editConversationAttributes'),
    );
    await expect(theirs!.delete()).rejects.toMatchObject(refused('deleteConversation'));
    await expect(fromAlice.updateBody('x')).rejects.toMatchObject(refused('editAnyMessage'));
    await expect(fromAlice.updateAttributes({ x: 1 })).rejects.toMatchObject(
      refused('editAnyMessageAttributes'),
    );
    await expect(fromAlice.remove()).rejects.toMatchObject(refused('deleteAnyMessage'));
    await expect(aliceThere.updateAttributes({ x: 1 })).rejects.toMatchObject(
      refused('editAnyParticipantAttributes'),
    );
    await expect((await bob.getUser('alice')).updateFriendlyName('x')).rejects.toMatchObject(
      refused('editAnyUserInfo'),
    );
    expect(mine!.friendlyName).toBe('Shared');
    expect((await mine!.getMessages()).items.map(({ body }) => body)).toEqual(['from alice']);
  });

  it('let a plain participant do what is its own', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [, theirs] = await shareConversation(alice, bob);
    const sent = next<Message>('messageAdded', (hear) => theirs!.on('messageAdded', hear));
    await theirs!.sendMessage('from bob');
    const own = await sent;
    await own.updateBody('edited');
    await own.updateAttributes({ x: 1 });
    await (await theirs!.getParticipantByIdentity('bob'))!.updateAttributes({ x: 1 });
    await theirs!.setUserNotificationLevel('muted');
    await theirs!.updateLastReadMessageIndex(0);
    await theirs!.typing();
    await bob.user.updateFriendlyName('Bob');
    await own.remove();
    const left = next('conversationLeft', (hear) => bob.on('conversationLeft', hear));
    await theirs!.leave();
    await left;
  });
});
