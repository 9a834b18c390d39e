import { describe, expect, it } from 'vitest';
import type { Fact } from '../facts.js';
import type { ConversationRow, MessageRow, ParticipantRow } from '../store/rows.js';
import { eventsOf } from './payload.js';

const at = Date.UTC(2026, 10, 22, 10, 0, 0, 123);
const sid = (prefix: string, digit: number) => prefix + String(digit).repeat(32);
const context = { accountSid: sid('AC', 1), now: at + 1 };
const visitor = { source: 'SDK', identity: 'visitor-42' } as const;

const conversation: ConversationRow = {
  ...{ sid: sid('CH', 3), accountSid: sid('AC', 1), chatServiceSid: sid('IS', 2) },
  ...{ messagingServiceSid: sid('MG', 6), friendlyName: null, uniqueName: null, attributes: '{}' },
  ...{ state: 'active', stateUpdated: at, createdBy: 'visitor-42', awaitedCreator: null },
  ...{ timerInactive: null, timerClosed: null, dateInactive: null, dateClosed: null },
  ...{ nextMessageIndex: 1, lastMessageIndex: 0, lastMessageTimestamp: at, dateCreated: at, dateUpdated: at },
};
const message: MessageRow = {
  ...{ sid: sid('IM', 4), conversationSid: sid('CH', 3), index: 0, author: 'visitor-42' },
  ...{ participantSid: sid('MB', 5), body: 'Hi & bye', subject: null, attributes: '{}' },
  ...{ medias: [], contentSid: null, contentVariables: null, channelMetadata: null, delivery: null },
  ...{ recipients: [], lastUpdatedBy: null, dateCreated: at, dateUpdated: at },
};
const participant: ParticipantRow = {
  ...{ sid: sid('MB', 5), conversationSid: sid('CH', 3), identity: 'visitor-42', roleSid: sid('RL', 7) },
  messagingBinding: null,
  ...{ attributes: '{}', lastReadMessageIndex: 3, lastReadTimestamp: at, notificationLevel: 'default' },
  ...{ dateCreated: at, dateUpdated: at },
};
const onlyEvent = (fact: Fact) => {
  const [event, ...others] = eventsOf(fact, context);
  expect(others).toEqual([]);
  return event!;
};

describe('what webhooks are told', () => {
  it('of a message sent by an SDK', () => {
    const event = onlyEvent({ type: 'message.added', by: visitor, conversation, message });
    expect(event.fields).toEqual({
      AccountSid: sid('AC', 1),
      EventType: 'onMessageAdded',
      Source: 'SDK',
      ClientIdentity: 'visitor-42',
      RetryCount: '0',
      ChatServiceSid: sid('IS', 2),
      ConversationSid: sid('CH', 3),
      MessageSid: sid('IM', 4),
      MessagingServiceSid: sid('MG', 6),
      Index: '0',
      DateCreated: '2026-11-22T10:00:00.123Z',
      Body: 'Hi & bye',
      Author: 'visitor-42',
      ParticipantSid: sid('MB', 5),
      Attributes: '{}',
    });
  });

  it('of a REST message names no client, and leaves out what is empty', () => {
    const by = { source: 'API', webhooksEnabled: true } as const;
    const system = { ...message, author: 'system', participantSid: null, body: '' };
    const { fields } = onlyEvent({ type: 'message.added', by, conversation, message: system });
    expect(fields).toMatchObject({ Source: 'API', Author: 'system' });
    for (const absent of ['ClientIdentity', 'ParticipantSid', 'Body'])
      expect(fields).not.toHaveProperty(absent);
  });

  it('of a new conversation', () => {
    const named = { ...conversation, friendlyName: 'Order 7' };
    const { name, fields } = onlyEvent({ type: 'conversation.added', by: visitor, conversation: named });
    expect(name).toBe('onConversationAdded');
    expect(fields).toEqual({
      AccountSid: sid('AC', 1),
      EventType: 'onConversationAdded',
      Source: 'SDK',
      ClientIdentity: 'visitor-42',
      RetryCount: '0',
      ChatServiceSid: sid('IS', 2),
      MessagingServiceSid: sid('MG', 6),
      ConversationSid: sid('CH', 3),
      FriendlyName: 'Order 7',
      Attributes: '{}',
      State: 'active',
      DateCreated: '2026-11-22T10:00:00.123Z',
      DateUpdated: '2026-11-22T10:00:00.123Z',
    });
  });

  it('of a change of state is told besides the change', () => {
    const closed = { ...conversation, state: 'closed', stateUpdated: at + 5 } as const;
    const fact = {
      type: 'conversation.updated',
      by: visitor,
      conversation: closed,
      before: conversation,
    } as const;
    const [updated, state] = eventsOf(fact, context);
    expect(updated?.name).toBe('onConversationUpdated');
    expect(state).toMatchObject({
      name: 'onConversationStateUpdated',
      fields: {
        StateFrom: 'active',
        StateTo: 'closed',
        StateUpdated: '2026-11-22T10:00:00.128Z',
        Reason: 'API',
      },
    });
  });

  it('of participants says how far they have read', () => {
    const fact = {
      type: 'participant.updated',
      by: visitor,
      conversation,
      participant,
      before: participant,
    } as const;
    expect(onlyEvent(fact)).toMatchObject({
      name: 'onParticipantUpdated',
      fields: { Identity: 'visitor-42', LastReadMessageIndex: '3', 'MessagingBinding.Type': 'CHAT' },
    });
  });

  it('of a removal says when it was', () => {
    const DateRemoved = '2026-11-22T10:00:00.124Z';
    const facts: Fact[] = [
      { type: 'message.removed', by: visitor, conversation, message },
      { type: 'participant.removed', by: visitor, conversation, participant },
      { type: 'conversation.removed', by: visitor, conversation, participants: [], webhooks: [], media: [] },
    ];
    for (const fact of facts) expect(onlyEvent(fact).fields).toMatchObject({ DateRemoved });
  });

  it('of typing is nothing', () => {
    expect(eventsOf({ type: 'typing', by: visitor, conversation, participant }, context)).toEqual([]);
  });
});
