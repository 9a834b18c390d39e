import type {
  ConversationUpdatedEventArgs,
  ParticipantUpdatedEventArgs,
  UserUpdatedEventArgs,
} from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { next, shareConversation, startService } from './service.js';

describe('read horizons and users with the official SDK', () => {
  it('moves the read horizon, counts what is unread, and tells the others', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    for (const body of ['0', '1', '2', '3']) await mine!.sendMessage(body);
    expect(mine!.lastReadMessageIndex).toBeNull();
    expect(await theirs!.getUnreadMessagesCount()).toBeNull();

    const horizonMoved = next<ParticipantUpdatedEventArgs>(
      'participantUpdated lastReadMessageIndex',
      (hear) => mine!.on('participantUpdated', hear),
      ({ updateReasons }) => updateReasons.includes('lastReadMessageIndex'),
    );
    const ownMoved = next<ConversationUpdatedEventArgs>(
      'updated lastReadMessageIndex',
      (hear) => theirs!.on('updated', hear),
      ({ updateReasons }) => updateReasons.includes('lastReadMessageIndex'),
    );
    expect(await theirs!.advanceLastReadMessageIndex(1)).toBe(2);
    const { participant } = await horizonMoved;
    expect([participant.identity, participant.lastReadMessageIndex]).toEqual(['bob', 1]);
    expect(participant.lastReadTimestamp).toBeInstanceOf(Date);
    await ownMoved;
    expect(theirs!.lastReadMessageIndex).toBe(1);

    expect(await theirs!.advanceLastReadMessageIndex(0)).toBe(2);
    expect(theirs!.lastReadMessageIndex).toBe(1);
    await theirs!.getMessages();
    expect(await theirs!.setAllMessagesRead()).toBe(0);

    const cleared = next<ConversationUpdatedEventArgs>(
      'lastReadMessageIndex cleared',
      (hear) => theirs!.on('updated', hear),
      ({ conversation }) => conversation.lastReadMessageIndex === null,
    );
    await theirs!.setAllMessagesUnread();
    await cleared;
  });

  it('keeps the read horizon for the next session', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const [mine] = await shareConversation(alice);
    for (const body of ['0', '1', '2']) await mine!.sendMessage(body);
    await mine!.updateLastReadMessageIndex(0);
    const again = await (await service.connect('alice')).getConversationBySid(mine!.sid);
    expect(again.lastReadMessageIndex).toBe(0);
    expect(await again.getUnreadMessagesCount()).toBe(2);
  });

  it('updates the own user for itself and for those who watch it', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const watched = await bob.getUser('alice');
    const seen = next<UserUpdatedEventArgs>(
      'user updated',
      (hear) => watched.on('updated', hear),
      ({ updateReasons }) => updateReasons.includes('friendlyName'),
    );
    await alice.user.updateFriendlyName('Алиса');
    expect((await seen).user.friendlyName).toBe('Алиса');
    const attributed = next<UserUpdatedEventArgs>(
      'user attributes updated',
      (hear) => watched.on('updated', hear),
      ({ updateReasons }) => updateReasons.includes('attributes'),
    );
    await alice.user.updateAttributes({ plan: 'gold' });
    expect((await attributed).user.attributes).toEqual({ plan: 'gold' });
    await expect(watched.updateFriendlyName('Mallory')).rejects.toMatchObject({ status: 403 });
    await expect(bob.getUser('nobody')).rejects.toThrow();
  });

  it('finds the user behind a participant', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine] = await shareConversation(alice, bob);
    const participant = await mine!.getParticipantByIdentity('bob');
    expect((await participant!.getUser()).identity).toBe('bob');
  });
});
