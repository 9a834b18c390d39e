import type {
  Conversation,
  ConversationUpdatedEventArgs,
  Participant,
  ParticipantUpdatedEventArgs,
} from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { next, shareConversation, startService } from './service.js';

const updated = (conversation: Conversation, reason: string) =>
  next<ConversationUpdatedEventArgs>(
    `updated because of ${reason}`,
    (hear) => conversation.on('updated', hear),
    ({ updateReasons }) => updateReasons.some((one) => one === reason),
  );

describe('conversations and participants with the official SDK', () => {
  it('creates one with a name that is not ASCII and with attributes, without joining its creator', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const conversation = await alice.createConversation({
      friendlyName: 'Grüße aus Łódź 👋🏽',
      uniqueName: 'order/42?',
      attributes: { pre: { order: 42, note: '"quoted" <b>' } },
    });
    expect(conversation.friendlyName).toBe('Grüße aus Łódź 👋🏽');
    expect(conversation.uniqueName).toBe('order/42?');
    expect(conversation.attributes).toEqual({ pre: { order: 42, note: '"quoted" <b>' } });
    expect(conversation.createdBy).toBe('alice');
    expect(conversation.state?.current).toBe('active');
    expect(conversation.status).toBe('notParticipating');
    await conversation.join();
    expect((await alice.getConversationByUniqueName('order/42?')).sid).toBe(conversation.sid);
    expect((await alice.getConversationBySid(conversation.sid)).status).toBe('joined');
  });

  it('tells both sides of an addition, with the attributes given', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const conversation = await alice.createConversation();
    await conversation.join();
    const own = await conversation.getParticipants();
    expect(own.map(({ identity }) => identity)).toEqual(['alice']);
    const joined = next<Conversation>('conversationJoined', (hear) => bob.on('conversationJoined', hear));
    const seen = next<Participant>('participantJoined', (hear) => conversation.on('participantJoined', hear));
    await conversation.add('bob', { role: 'friend' });
    expect((await joined).sid).toBe(conversation.sid);
    expect((await seen).identity).toBe('bob');
    expect((await seen).attributes).toEqual({ role: 'friend' });
    const participants = await (await joined).getParticipants();
    expect(participants.map(({ identity }) => identity).sort()).toEqual(['alice', 'bob']);
    expect(await conversation.getParticipantsCount()).toBe(2);
  });

  it('updates name, unique name and attributes for everybody, and clears the unique name', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const named = updated(theirs!, 'friendlyName');
    await mine!.updateFriendlyName('Новое имя');
    expect((await named).conversation.friendlyName).toBe('Новое имя');
    const unique = updated(theirs!, 'uniqueName');
    await mine!.updateUniqueName('one');
    expect((await unique).conversation.uniqueName).toBe('one');
    const attributed = updated(theirs!, 'attributes');
    await mine!.updateAttributes({ a: [1, { b: null }] });
    expect((await attributed).conversation.attributes).toEqual({ a: [1, { b: null }] });
    const cleared = updated(theirs!, 'uniqueName');
    await mine!.updateUniqueName(null);
    expect((await cleared).conversation.uniqueName).toBeNull();
  });

  it('updates participant attributes and the notification level', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const seen = next<ParticipantUpdatedEventArgs>(
      'participantUpdated attributes',
      (hear) => mine!.on('participantUpdated', hear),
      ({ updateReasons }) => updateReasons.includes('attributes'),
    );
    await (await theirs!.getParticipantByIdentity('bob'))!.updateAttributes({ mood: 'good' });
    expect((await seen).participant.identity).toBe('bob');
    expect((await seen).participant.attributes).toEqual({ mood: 'good' });
    const muted = updated(mine!, 'notificationLevel');
    await mine!.setUserNotificationLevel('muted');
    expect((await muted).conversation.notificationLevel).toBe('muted');
  });

  it('lets a participant leave, be added again, and be removed', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);

    const left = next<Conversation>('conversationLeft', (hear) => bob.on('conversationLeft', hear));
    const seenLeaving = next<Participant>('participantLeft', (hear) => mine!.on('participantLeft', hear));
    await theirs!.leave();
    expect((await left).sid).toBe(mine!.sid);
    expect((await seenLeaving).identity).toBe('bob');

    const joined = next<Conversation>('conversationJoined again', (hear) =>
      bob.on('conversationJoined', hear),
    );
    await mine!.add('bob');
    const again = await joined;
    await mine!.sendMessage('welcome back');
    expect((await again.getMessages()).items.map(({ body }) => body)).toEqual(['welcome back']);

    const removed = next<Conversation>('conversationRemoved', (hear) => bob.on('conversationRemoved', hear));
    await mine!.removeParticipant('bob');
    expect((await removed).sid).toBe(mine!.sid);
    expect((await mine!.getParticipants()).map(({ identity }) => identity)).toEqual(['alice']);
  });

  it('deletes a conversation for everybody', async () => {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine] = await shareConversation(alice, bob);
    const gone = [alice, bob].map((client) =>
      next<Conversation>('conversationRemoved', (hear) => client.on('conversationRemoved', hear)),
    );
    await mine!.delete();
    expect((await Promise.all(gone)).map(({ sid }) => sid)).toEqual([mine!.sid, mine!.sid]);
    await expect(mine!.sendMessage('too late')).rejects.toMatchObject({ status: 404, body: { code: 50350 } });
    await expect(alice.peekConversationBySid(mine!.sid)).rejects.toThrow();
  });

  it('refuses a unique name that is taken, and a second addition, by their codes', async () => {
    const service = await startService();
    const alice = await service.connect('alice');
    const first = await alice.createConversation({ uniqueName: 'taken' });
    await first.join();
    await expect(alice.createConversation({ uniqueName: 'taken' })).rejects.toMatchObject({
      status: 409,
      body: { code: 50353 },
    });
    await expect(first.add('alice')).rejects.toMatchObject({ status: 409, body: { code: 50433 } });
    const second = await alice.createConversation();
    await second.join();
    await expect(second.updateUniqueName('taken')).rejects.toMatchObject({ status: 409 });
  });
});
