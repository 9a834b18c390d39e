import { isoDate } from '../clock.js';
import type { Actor, Fact } from '../facts.js';
import type {
  ConversationRow,
  DeliveryReceiptRow,
  MediaSummary,
  MessageRow,
  ParticipantRow,
  UserRow,
} from '../store/rows.js';
import type { FormFields } from './sign.js';

/** The post-events that a fact of ours can become. Typing and new webhooks have none. */
export type EventName =
  | 'onConversationAdded'
  | 'onConversationUpdated'
  | 'onConversationStateUpdated'
  | 'onConversationRemoved'
  | 'onParticipantAdded'
  | 'onParticipantUpdated'
  | 'onParticipantRemoved'
  | 'onMessageAdded'
  | 'onMessageUpdated'
  | 'onMessageRemoved'
  | 'onDeliveryUpdated'
  | 'onUserAdded'
  | 'onUserUpdated';

export interface WebhookEvent {
  name: EventName;
  fields: FormFields;
}

/** Absent and empty optionals are left out of the request, not sent empty. */
type Draft = Record<string, string | number | boolean | null | undefined>;

/** Where an event stands: `now` is when something was removed, in milliseconds since the epoch. */
export interface PayloadContext {
  accountSid: string;
  now: number;
}

function conversationFields(row: ConversationRow): Draft {
  return {
    ChatServiceSid: row.chatServiceSid,
    MessagingServiceSid: row.messagingServiceSid,
    ConversationSid: row.sid,
    FriendlyName: row.friendlyName,
    UniqueName: row.uniqueName,
    Attributes: row.attributes,
    State: row.state,
    DateCreated: isoDate(row.dateCreated),
    DateUpdated: isoDate(row.dateUpdated),
  };
}

function participantFields(conversation: ConversationRow, row: ParticipantRow): Draft {
  return {
    ChatServiceSid: conversation.chatServiceSid,
    ConversationSid: conversation.sid,
    ParticipantSid: row.sid,
    Identity: row.identity,
    RoleSid: row.roleSid,
    Attributes: row.attributes,
    'MessagingBinding.Type': (row.messagingBinding?.type ?? 'chat').toUpperCase(),
    'MessagingBinding.Address': row.messagingBinding?.address,
    'MessagingBinding.ProxyAddress': row.messagingBinding?.proxyAddress,
    'MessagingBinding.ProjectedAddress': row.messagingBinding?.projectedAddress,
    DateCreated: isoDate(row.dateCreated),
  };
}

function messageFields(conversation: ConversationRow, row: MessageRow): Draft {
  return {
    ChatServiceSid: conversation.chatServiceSid,
    MessagingServiceSid: conversation.messagingServiceSid,
    ConversationSid: conversation.sid,
    MessageSid: row.sid,
    Index: row.index,
    Body: row.body,
    Author: row.author,
    ParticipantSid: row.participantSid,
    Attributes: row.attributes,
    Media: row.medias.length === 0 ? null : JSON.stringify(row.medias.map(mediaFields)),
    DateCreated: isoDate(row.dateCreated),
  };
}

function deliveryFields(conversation: ConversationRow, row: DeliveryReceiptRow): Draft {
  return {
    ChatServiceSid: conversation.chatServiceSid,
    ConversationSid: conversation.sid,
    MessageSid: row.messageSid,
    DeliveryReceiptSid: row.sid,
    ChannelMessageSid: row.channelMessageSid,
    ParticipantSid: row.participantSid,
    Status: row.status,
    ErrorCode: row.errorCode,
    DateCreated: isoDate(row.dateCreated),
    DateUpdated: isoDate(row.dateUpdated),
  };
}

const mediaFields = ({ sid, category, filename, contentType, size }: MediaSummary) => ({
  Sid: sid,
  Category: category,
  Filename: filename,
  ContentType: contentType,
  Size: size,
});

function userFields(row: UserRow): Draft {
  return {
    ChatServiceSid: row.chatServiceSid,
    UserSid: row.sid,
    Identity: row.identity,
    RoleSid: row.roleSid,
    FriendlyName: row.friendlyName,
    Attributes: row.attributes,
    DateCreated: isoDate(row.dateCreated),
  };
}

function stateFields(
  conversation: ConversationRow,
  before: ConversationRow,
  reason: 'API' | 'TIMER' | 'EVENT',
): Draft {
  return {
    ChatServiceSid: conversation.chatServiceSid,
    MessagingServiceSid: conversation.messagingServiceSid,
    ConversationSid: conversation.sid,
    StateFrom: before.state,
    StateTo: conversation.state,
    StateUpdated: isoDate(conversation.stateUpdated),
    Reason: reason,
  };
}

function drafts(fact: Fact, now: number): [EventName, Draft][] {
  const DateRemoved = isoDate(now);
  switch (fact.type) {
    case 'conversation.added':
      return [['onConversationAdded', conversationFields(fact.conversation)]];
    case 'conversation.updated': {
      const { conversation, before, reason } = fact;
      const updated: [EventName, Draft] = ['onConversationUpdated', conversationFields(conversation)];
      if (conversation.state === before.state) return [updated];
      const state = stateFields(conversation, before, reason ?? 'API');
      // Nobody updated what changed by itself.
      return [...(reason ? [] : [updated]), ['onConversationStateUpdated', state]];
    }
    case 'conversation.removed':
      return [['onConversationRemoved', { ...conversationFields(fact.conversation), DateRemoved }]];
    case 'participant.added':
      return [['onParticipantAdded', participantFields(fact.conversation, fact.participant)]];
    case 'participant.updated': {
      const { conversation, participant } = fact;
      const DateUpdated = isoDate(participant.dateUpdated);
      const LastReadMessageIndex = participant.lastReadMessageIndex;
      const fields = { ...participantFields(conversation, participant), DateUpdated, LastReadMessageIndex };
      return [['onParticipantUpdated', fields]];
    }
    case 'participant.removed': {
      const { conversation, participant } = fact;
      const DateUpdated = isoDate(participant.dateUpdated);
      const fields = { ...participantFields(conversation, participant), DateUpdated, DateRemoved };
      return [['onParticipantRemoved', fields]];
    }
    case 'message.added':
      return [['onMessageAdded', messageFields(fact.conversation, fact.message)]];
    case 'message.updated': {
      const DateUpdated = isoDate(fact.message.dateUpdated);
      return [['onMessageUpdated', { ...messageFields(fact.conversation, fact.message), DateUpdated }]];
    }
    case 'message.removed': {
      const DateUpdated = isoDate(fact.message.dateUpdated);
      const fields = { ...messageFields(fact.conversation, fact.message), DateUpdated, DateRemoved };
      return [['onMessageRemoved', fields]];
    }
    case 'delivery.updated':
      return fact.receipts.map((receipt) => [
        'onDeliveryUpdated',
        deliveryFields(fact.conversation, receipt),
      ]);
    case 'user.added':
      return [['onUserAdded', userFields(fact.user)]];
    case 'user.updated':
      return [['onUserUpdated', { ...userFields(fact.user), DateUpdated: isoDate(fact.user.dateUpdated) }]];
    case 'user.reachability': {
      const { user, reachability } = fact;
      const fields = { ...userFields(user), DateUpdated: isoDate(now) };
      const reached = { isOnline: reachability.online, isNotifiable: reachability.notifiable };
      return [['onUserUpdated', { ...fields, ...reached }]];
    }
    default:
      return [];
  }
}

function commonFields(by: Actor, name: EventName, accountSid: string): Draft {
  return {
    AccountSid: accountSid,
    EventType: name,
    Source: by.source,
    ClientIdentity: by.source === 'SDK' ? by.identity : null,
    // Deliveries are never tried again, so that every one is the first.
    RetryCount: 0,
  };
}

function withoutEmpty(draft: Draft): FormFields {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(draft)) {
    if (value !== null && value !== undefined && value !== '') fields[name] = String(value);
  }
  return fields;
}

/** What webhooks are told of a fact. A change of a conversation's state is told in two events. */
export function eventsOf(fact: Fact, context: PayloadContext): WebhookEvent[] {
  return drafts(fact, context.now).map(([name, draft]) => ({
    name,
    fields: withoutEmpty({ ...commonFields(fact.by, name, context.accountSid), ...draft }),
  }));
}
