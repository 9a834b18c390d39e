import { refused, rejection, same } from './checks.js';
import { conversationEvent, conversationUpdated, participantEvent, participantUpdated } from './events.js';
import { type Flow, promised, unpromised } from './stage.js';

export const conversationFlows = {
  'creates one with a name that is not ASCII and with attributes, without joining its creator': promised(
    async (stage) => {
      const alice = await stage.connect('alice');
      const attributes = { pre: { order: 42, note: '"quoted" <b>' } };
      const added = conversationEvent(alice, 'conversationAdded');
      const conversation = await alice.createConversation({
        friendlyName: 'Grüße aus Łódź 👋🏽',
        uniqueName: 'order/42?',
        attributes,
      });
      same((await added).sid, conversation.sid);
      same(conversation.friendlyName, 'Grüße aus Łódź 👋🏽');
      same(conversation.uniqueName, 'order/42?');
      same(conversation.attributes, attributes);
      same(conversation.createdBy, 'alice');
      same(conversation.state?.current, 'active');
      same(conversation.status, 'notParticipating');
      await conversation.join();
      const byName = await alice.getConversationByUniqueName('order/42?');
      same([byName.sid, byName.friendlyName], [conversation.sid, 'Grüße aus Łódź 👋🏽']);
      same((await alice.getConversationBySid(conversation.sid)).status, 'joined');
    },
  ),

  'finds one by its unique name from a session that never heard of it': promised(async (stage) => {
    const { views } = await stage.share('alice');
    const named = conversationUpdated(views[0]!, 'uniqueName');
    await views[0]!.updateUniqueName('orders of today');
    await named;
    const again = await stage.connect('alice');
    const found = await again.getConversationByUniqueName('orders of today');
    same([found.sid, found.uniqueName], [views[0]!.sid, 'orders of today']);
    await rejection(again.getConversationByUniqueName('no such name'), 'a name nobody has');
  }),

  'peeks at one it has created and not joined': promised(async (stage) => {
    const alice = await stage.connect('alice');
    const { sid } = await alice.createConversation({ friendlyName: 'Not joined', attributes: { a: 1 } });
    const elsewhere = await stage.connect('alice');
    const peeked = await elsewhere.peekConversationBySid(sid);
    same([peeked.sid, peeked.friendlyName, peeked.attributes], [sid, 'Not joined', { a: 1 }]);
    same(peeked.status, 'notParticipating');
  }),

  'counts messages and participants': promised(async (stage) => {
    const { views } = await stage.share('alice', 'bob');
    for (const body of ['0', '1', '2']) await views[0]!.sendMessage(body);
    const again = await (await stage.connect('bob')).getConversationBySid(views[0]!.sid);
    same(await again.getMessagesCount(), 3);
    same(await again.getParticipantsCount(), 2);
  }),

  'updates name, unique name and attributes for everybody, and clears the unique name': promised(
    async (stage) => {
      const {
        views: [mine, theirs],
      } = await stage.share('alice', 'bob');
      const named = conversationUpdated(theirs!, 'friendlyName');
      await mine!.updateFriendlyName('Новое имя');
      same((await named).conversation.friendlyName, 'Новое имя');
      const unique = conversationUpdated(theirs!, 'uniqueName');
      await mine!.updateUniqueName('one');
      same((await unique).conversation.uniqueName, 'one');
      const attributed = conversationUpdated(theirs!, 'attributes');
      await mine!.updateAttributes({ a: [1, { b: null }] });
      same((await attributed).conversation.attributes, { a: [1, { b: null }] });
      const cleared = conversationUpdated(theirs!, 'uniqueName');
      await mine!.updateUniqueName(null);
      same((await cleared).conversation.uniqueName, null);
    },
  ),

  'mutes and unmutes one for its user': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    const muted = conversationUpdated(mine!, 'notificationLevel');
    await mine!.setUserNotificationLevel('muted');
    same((await muted).conversation.notificationLevel, 'muted');
    const again = await (await stage.connect('alice')).getConversationBySid(mine!.sid);
    same(again.notificationLevel, 'muted');
    const unmuted = conversationUpdated(mine!, 'notificationLevel');
    await mine!.setUserNotificationLevel('default');
    same((await unmuted).conversation.notificationLevel, 'default');
  }),

  'deletes one for everybody': promised(async (stage) => {
    const {
      clients,
      views: [mine],
    } = await stage.share('alice', 'bob');
    const gone = clients.map((client) => conversationEvent(client, 'conversationRemoved', mine!.sid));
    await mine!.delete();
    await Promise.all(gone);
    await refused(mine!.sendMessage('too late'), 404, 50350, 'a message to what is deleted');
    await rejection(clients[0]!.peekConversationBySid(mine!.sid), 'a look at what is deleted');
  }),

  // When the list hears of it after the conversation itself, this SDK says only that it was removed.
  'says of a deleted one that it was left, then that it was removed': unpromised(async (stage) => {
    const {
      clients: [, bob],
      views: [mine],
    } = await stage.share('alice', 'bob');
    const heard: string[] = [];
    for (const event of ['conversationLeft', 'conversationRemoved'] as const) {
      bob!.on(event, () => heard.push(event));
    }
    const gone = conversationEvent(bob!, 'conversationRemoved', mine!.sid);
    await mine!.delete();
    await gone;
    same(heard, ['conversationLeft', 'conversationRemoved']);
  }),

  'hears that it was closed, and is read but not written any more': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    await mine!.sendMessage('the last word');
    const told = [mine!, theirs!].map((view) => conversationUpdated(view, 'state'));
    const { status } = await stage.rest('POST', `/Conversations/${mine!.sid}`, { State: 'closed' });
    same(status, 200, 'status of closing');
    for (const { conversation } of await Promise.all(told)) same(conversation.state?.current, 'closed');
    await refused(theirs!.sendMessage('too late'), 400, 50377, 'a message to what is closed');
    await refused(mine!.updateFriendlyName('x'), 400, 50377, 'a change of what is closed');
    same(
      (await theirs!.getMessages()).items.map(({ body }) => body),
      ['the last word'],
    );
  }),

  'refuses a unique name that is taken, and a second addition, by their codes': promised(async (stage) => {
    const alice = await stage.connect('alice');
    const first = await alice.createConversation({ uniqueName: 'taken' });
    await first.join();
    await refused(alice.createConversation({ uniqueName: 'taken' }), 409, 50353, 'a taken name');
    await refused(first.add('alice'), 409, 50433, 'a second addition');
    const second = await alice.createConversation();
    await second.join();
    await refused(second.updateUniqueName('taken'), 409, 50353, 'a change to a taken name');
  }),

  'tells both sides of an addition, with the attributes given': promised(async (stage) => {
    const [alice, bob] = await Promise.all([stage.connect('alice'), stage.connect('bob')]);
    const conversation = await alice.createConversation();
    await conversation.join();
    const identities = async (seen: typeof conversation) =>
      (await seen.getParticipants()).map(({ identity }) => identity).sort();
    same(await identities(conversation), ['alice']);
    const joined = conversationEvent(bob, 'conversationJoined', conversation.sid);
    const seen = participantEvent(conversation, 'participantJoined', 'bob');
    await conversation.add('bob', { role: 'friend' });
    same((await seen).attributes, { role: 'friend' });
    same(await identities(await joined), ['alice', 'bob']);
  }),

  'updates participant attributes': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const bob = (await theirs!.getParticipantByIdentity('bob'))!;
    const seen = participantUpdated(mine!, 'attributes');
    await bob.updateAttributes({ mood: 'good' });
    const { participant } = await seen;
    same([participant.identity, participant.attributes], ['bob', { mood: 'good' }]);
  }),

  'lets a participant leave, be added again, and be removed': promised(async (stage) => {
    const {
      clients: [, bob],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const left = conversationEvent(bob!, 'conversationLeft', mine!.sid);
    const seenLeaving = participantEvent(mine!, 'participantLeft', 'bob');
    await theirs!.leave();
    await Promise.all([left, seenLeaving]);

    const joined = conversationEvent(bob!, 'conversationJoined', mine!.sid);
    await mine!.add('bob');
    const again = await joined;
    await mine!.sendMessage('welcome back');
    same(
      (await again.getMessages()).items.map(({ body }) => body),
      ['welcome back'],
    );
    const removed = conversationEvent(bob!, 'conversationRemoved', mine!.sid);
    const seenRemoval = participantEvent(mine!, 'participantLeft', 'bob');
    await mine!.removeParticipant('bob');
    await Promise.all([removed, seenRemoval]);
    same(
      (await mine!.getParticipants()).map(({ identity }) => identity),
      ['alice'],
    );
    await rejection(again.sendMessage('still here?'), 'a message of who was removed');
  }),
} satisfies Record<string, Flow>;
