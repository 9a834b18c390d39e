import type { Conversation, ConversationUpdatedEventArgs, Message } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { helperFor } from '../testing/start.js';
import { holdTime } from '../testing/time.js';
import { openRawClient } from './raw-client.js';
import { next, shareConversation, startService } from './service.js';

const turns = (conversation: Conversation, state: string) =>
  next<ConversationUpdatedEventArgs>(
    `state ${state}`,
    (hear) => conversation.on('updated', hear),
    ({ updateReasons }) => updateReasons.includes('state') && conversation.state?.current === state,
  );

describe('conversation states with the official SDK', () => {
  it('change by timers, and are told to everybody', async () => {
    const { pass, ...parts } = holdTime(Date.now());
    const service = await startService({}, parts);
    const { v1 } = helperFor({ emulator: service }).conversations;
    await v1.configuration().update({ defaultInactiveTimer: 'PT1M', defaultClosedTimer: 'PT10M' });
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const views = await shareConversation(alice, bob);

    const inactive = views.map((view) => turns(view, 'inactive'));
    pass(60_000);
    await Promise.all(inactive);
    const active = views.map((view) => turns(view, 'active'));
    const arrived = next<Message>('messageAdded', (hear) => views[1]!.on('messageAdded', hear));
    const named = next<ConversationUpdatedEventArgs>(
      'lastMessage',
      (hear) => views[1]!.on('updated', hear),
      ({ updateReasons }) => updateReasons.includes('lastMessage'),
    );
    await views[0]!.sendMessage('back');
    await Promise.all(active);
    expect((await arrived).body).toBe('back');
    expect((await named).conversation.lastMessage?.index).toBe(0);
    const closed = views.map((view) => turns(view, 'closed'));
    pass(10 * 60_000);
    await Promise.all(closed);
  });

  it('end with closed: nothing is written any more, and one may still read, leave and delete', async () => {
    const service = await startService();
    const { v1 } = helperFor({ emulator: service }).conversations;
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const sent = next<Message>('messageAdded', (hear) => mine!.on('messageAdded', hear));
    await mine!.sendMessage('the last word');
    const message = await sent;
    const own = (await mine!.getParticipantByIdentity('alice'))!;
    const closed = turns(mine!, 'closed');
    await v1.conversations(mine!.sid).update({ state: 'closed' });
    await closed;

    const writes: (() => Promise<unknown>)[] = [
      () => mine!.sendMessage('too late'),
      () => mine!.add('carol'),
      () => mine!.updateFriendlyName('x'),
      () => mine!.updateAttributes({ x: 1 }),
      () => mine!.typing(),
      () => message.updateBody('x'),
      () => message.remove(),
      () => own.updateAttributes({ x: 1 }),
      () => v1.conversations(mine!.sid).participants('bob').update({ attributes: '1' }),
      () => v1.conversations(mine!.sid).messages.create({ body: 'x' }),
      () => v1.conversations(mine!.sid).update({ state: 'active' }),
    ];
    for (const write of writes) {
      const error = await write().then(
        () => undefined,
        (reason: { code?: number; body?: { code: number } }) => reason,
      );
      expect([String(write), error?.body?.code ?? error?.code]).toEqual([String(write), 50377]);
    }
    expect((await mine!.getMessages()).items.map(({ body }) => body)).toEqual(['the last word']);
    await theirs!.updateLastReadMessageIndex(0);
    await theirs!.setUserNotificationLevel('muted');
    await v1.conversations(mine!.sid).participants('bob').update({ lastReadMessageIndex: 0 });
    const left = next('conversationLeft', (hear) => bob.on('conversationLeft', hear));
    await theirs!.leave();
    await left;
    await mine!.delete();
  });
});

describe('half a surrogate pair', () => {
  it('is refused wherever text is given, and in a token, and never an error of the emulator', async () => {
    const service = await startService();
    const raw = await openRawClient(service);
    await raw.init('alice');
    const half = '\ud800';
    const conversations = '/Client/v2/Conversations';
    const made = await raw.request('POST', conversations, { attributes: '{}' });
    const path = `${conversations}/${(made.body as { sid: string }).sid}`;
    await raw.request('POST', `${path}/Participants`, { identity: 'alice' });
    const attempts: [string, object][] = [
      [conversations, { friendly_name: half }],
      [conversations, { unique_name: half }],
      [conversations, { attributes: `"${half}"` }],
      [`${path}/Participants`, { identity: half }],
      [`${path}/Participants/alice`, { attributes: `"${half}"` }],
      [`${path}/Messages`, { body: `x${half}` }],
      [`${path}/Messages`, { body: 'x', subject: half }],
      ['/Client/v2/Users/alice', { friendly_name: half }],
    ];
    for (const [where, body] of attempts) {
      const { httpStatus, body: answer } = await raw.request('POST', where, JSON.stringify(body));
      expect([where, httpStatus, (answer as { code: number }).code]).toEqual([where, 400, 20001]);
    }
    const whole = await raw.request('POST', `${path}/Messages`, { body: '\ud83d\udc4b' });
    expect((whole.body as { body: string }).body).toBe('👋');
    const other = await openRawClient(service);
    const init = await other.init(half);
    expect(init.header.status).toMatchObject({ code: 401, errorCode: 20106 });
  });
});
