import { holds, rejection, same } from './checks.js';
import { conversationUpdated, next, participantUpdated, userUpdated } from './events.js';
import { type Flow, promised } from './stage.js';

export const readingFlows = {
  'moves the read horizon, counts what is unread, and tells the others': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    for (const body of ['0', '1', '2', '3']) await mine!.sendMessage(body);
    same(mine!.lastReadMessageIndex, null);
    same(await theirs!.getUnreadMessagesCount(), null);

    const horizonMoved = participantUpdated(mine!, 'lastReadMessageIndex');
    const ownMoved = conversationUpdated(theirs!, 'lastReadMessageIndex');
    same(await theirs!.advanceLastReadMessageIndex(1), 2);
    const { participant } = await horizonMoved;
    same([participant.identity, participant.lastReadMessageIndex], ['bob', 1]);
    holds(participant.lastReadTimestamp instanceof Date, 'the horizon has a time');
    await ownMoved;
    same(theirs!.lastReadMessageIndex, 1);

    same(await theirs!.advanceLastReadMessageIndex(0), 2, 'unread after an advance that would go back');
    same(theirs!.lastReadMessageIndex, 1);
    await theirs!.getMessages();
    same(await theirs!.setAllMessagesRead(), 0);

    const cleared = next<unknown>(
      'lastReadMessageIndex cleared',
      (hear) => theirs!.on('updated', hear),
      () => theirs!.lastReadMessageIndex === null,
    );
    await theirs!.setAllMessagesUnread();
    await cleared;
  }),

  'keeps the read horizon for the next session': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    for (const body of ['0', '1', '2']) await mine!.sendMessage(body);
    await mine!.updateLastReadMessageIndex(0);
    const again = await (await stage.connect('alice')).getConversationBySid(mine!.sid);
    same(again.lastReadMessageIndex, 0);
    same(await again.getUnreadMessagesCount(), 2);
  }),

  'updates the own user for itself and for those who watch it': promised(async (stage) => {
    const [alice, bob] = await Promise.all([stage.connect('alice'), stage.connect('bob')]);
    const watched = await bob.getUser('alice');
    const named = [watched, alice.user].map((user) => userUpdated(user, 'friendlyName'));
    await alice.user.updateFriendlyName('Алиса');
    for (const { user } of await Promise.all(named)) same(user.friendlyName, 'Алиса');
    const attributed = userUpdated(watched, 'attributes');
    await alice.user.updateAttributes({ plan: 'gold' });
    same((await attributed).user.attributes, { plan: 'gold' });
    const error = await rejection(watched.updateFriendlyName('Mallory'), 'renaming somebody else');
    same((error as { status?: number }).status, 403);
    await rejection(bob.getUser('nobody'), 'a user who does not exist');
  }),

  'finds the user behind a participant': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice', 'bob');
    const participant = await mine!.getParticipantByIdentity('bob');
    same((await participant!.getUser()).identity, 'bob');
  }),
} satisfies Record<string, Flow>;
