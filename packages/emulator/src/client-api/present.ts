import { isoDate } from '../clock.js';
import type { Domain } from '../conversations/domain.js';
import { unreadMessages } from '../conversations/read-state.js';
import type { JsonObject } from '../json.js';
import type {
  ConversationRow,
  MediaSummary,
  MessageRow,
  MessagingBinding,
  ParticipantRow,
  UserRow,
} from '../store/rows.js';
import { syncNames } from '../sync-names.js';
import { links } from './links.js';

/** A conversation as one identity sees it. `membership` is that identity's participant row, if it has one. */
export function presentConversation(
  domain: Domain,
  conversation: ConversationRow,
  membership: ParticipantRow | undefined,
): JsonObject {
  const { sid } = conversation;
  const { messages, participants } = domain.store;
  return {
    sid,
    conversation_sid: sid,
    account_sid: conversation.accountSid,
    chat_service_sid: conversation.chatServiceSid,
    friendly_name: conversation.friendlyName,
    unique_name: conversation.uniqueName,
    attributes: conversation.attributes,
    created_by: conversation.createdBy,
    date_created: isoDate(conversation.dateCreated),
    date_updated: isoDate(conversation.dateUpdated),
    state: conversation.state,
    messages_count: messages.count(sid),
    participants_count: participants.count(sid),
    url: links.conversation(sid),
    links: { participants: links.participants(sid), messages: links.messages(sid) },
    sync_objects: {
      conversation: syncNames.conversation(conversation),
      participants: syncNames.roster(conversation),
      messages: syncNames.messages(conversation),
    },
    status: membership ? 'joined' : 'notParticipating',
    notification_level: membership?.notificationLevel ?? 'default',
    last_read_message_index: membership?.lastReadMessageIndex ?? null,
    unread_messages_count: unreadMessages(domain, membership),
  };
}

export function presentParticipant(conversation: ConversationRow, participant: ParticipantRow): JsonObject {
  return {
    sid: participant.sid,
    account_sid: conversation.accountSid,
    chat_service_sid: conversation.chatServiceSid,
    conversation_sid: conversation.sid,
    identity: participant.identity,
    role_sid: participant.roleSid,
    attributes: participant.attributes,
    date_created: isoDate(participant.dateCreated),
    date_updated: isoDate(participant.dateUpdated),
    messaging_binding: participant.messagingBinding && presentBinding(participant.messagingBinding),
    url: links.participant(conversation.sid, participant.sid),
    links: { conversation: links.conversation(conversation.sid) },
  };
}

const presentBinding = (binding: MessagingBinding): JsonObject => ({
  type: binding.type,
  address: binding.address,
  proxy_address: binding.proxyAddress,
  ...(binding.name !== null && { name: binding.name }),
  ...(binding.level !== null && { level: binding.level }),
});

export function presentMessage(conversation: ConversationRow, message: MessageRow): JsonObject {
  return {
    sid: message.sid,
    account_sid: conversation.accountSid,
    chat_service_sid: conversation.chatServiceSid,
    conversation_sid: conversation.sid,
    index: message.index,
    author: message.author,
    participant_sid: message.participantSid,
    body: message.body,
    subject: message.subject,
    attributes: message.attributes,
    media: message.medias.length === 0 ? null : message.medias.map(presentMedia),
    delivery: message.delivery && { ...message.delivery },
    content_sid: message.contentSid,
    date_created: isoDate(message.dateCreated),
    date_updated: isoDate(message.dateUpdated),
    url: links.message(conversation.sid, message.sid),
    links: { conversation: links.conversation(conversation.sid) },
  };
}

const presentMedia = ({ sid, category, size, contentType, filename }: MediaSummary): JsonObject => ({
  sid,
  category,
  size,
  content_type: contentType,
  filename,
});

export function presentUser(user: UserRow): JsonObject {
  return {
    sid: user.sid,
    chat_service_sid: user.chatServiceSid,
    identity: user.identity,
    friendly_name: user.friendlyName,
    attributes: user.attributes,
    role_sid: user.roleSid,
    date_created: isoDate(user.dateCreated),
    date_updated: isoDate(user.dateUpdated),
    url: links.user(user.identity),
    sync_objects: { user_info_map: syncNames.userInfo(user) },
  };
}
