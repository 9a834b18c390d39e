import { isoDate } from '../clock.js';
import type { JsonObject } from '../json.js';
import type {
  ConversationRow,
  MessageRow,
  MessagingBinding,
  ParticipantRow,
  UserRow,
} from '../store/rows.js';
import { syncNames } from '../sync-names.js';

/** The data of Sync objects and items, as the Conversations SDK reads it. Attributes stay JSON text throughout. */

export function conversationData(conversation: ConversationRow): JsonObject {
  const { lastMessageIndex, lastMessageTimestamp } = conversation;
  return {
    messages: syncNames.messages(conversation),
    roster: syncNames.roster(conversation),
    friendlyName: conversation.friendlyName,
    uniqueName: conversation.uniqueName,
    attributes: conversation.attributes,
    createdBy: conversation.createdBy,
    dateCreated: isoDate(conversation.dateCreated),
    dateUpdated: isoDate(conversation.dateUpdated),
    state: { current: conversation.state, dateUpdated: isoDate(conversation.stateUpdated) },
    bindings: {},
    ...(lastMessageIndex !== null && lastMessageTimestamp !== null
      ? { lastMessage: { index: lastMessageIndex, timestamp: isoDate(lastMessageTimestamp) } }
      : {}),
  };
}

export function messageData(message: MessageRow): JsonObject {
  return {
    sid: message.sid,
    author: message.author,
    memberSid: message.participantSid,
    text: message.body,
    // A rendered template is a text that brings its form along.
    type: message.medias.some(({ category }) => category === 'media') ? 'media' : 'text',
    attributes: message.attributes,
    timestamp: isoDate(message.dateCreated),
    dateUpdated: isoDate(message.dateUpdated),
    lastUpdatedBy: message.lastUpdatedBy,
    subject: message.subject,
    contentSid: message.contentSid,
    // The SDK reads both; an update that left them out would make it think the attachments vanished.
    ...(message.medias[0] && { media: message.medias[0], medias: message.medias }),
    ...(message.delivery && { delivery: message.delivery }),
    channelMetadata: message.channelMetadata !== null,
  };
}

/** `user` is missing for who has no identity. */
export function participantData(participant: ParticipantRow, user: UserRow | undefined): JsonObject {
  const { messagingBinding: binding } = participant;
  return {
    identity: participant.identity,
    type: binding?.type ?? 'chat',
    ...(user && { userInfo: syncNames.userInfo(user) }),
    roleSid: participant.roleSid,
    attributes: participant.attributes,
    dateCreated: isoDate(participant.dateCreated),
    dateUpdated: isoDate(participant.dateUpdated),
    lastConsumedMessageIndex: participant.lastReadMessageIndex,
    lastConsumptionTimestamp:
      participant.lastReadTimestamp === null ? null : isoDate(participant.lastReadTimestamp),
    bindings: binding ? { [binding.type]: bindingData(binding) } : {},
  };
}

const bindingData = ({ name, address, level }: MessagingBinding): JsonObject => ({
  name: name ?? '',
  address,
  ...(level !== null && { level }),
});

export function myConversationData(conversation: ConversationRow, participant: ParticipantRow): JsonObject {
  return {
    channel: syncNames.conversation(conversation),
    messages: syncNames.messages(conversation),
    roster: syncNames.roster(conversation),
    status: 'joined',
    notificationLevel: participant.notificationLevel,
    lastConsumedMessageIndex: participant.lastReadMessageIndex,
  };
}
