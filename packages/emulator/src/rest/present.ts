import type {
  ConversationRow,
  DeliveryReceiptRow,
  MediaSummary,
  MessageRow,
  MessagingBinding,
  ParticipantRow,
  PushRegistrationRow,
  ReachabilityRow,
  ServiceRow,
  UserRow,
  WebhookConfigurationRow,
  WebhookRow,
} from '../store/rows.js';
import type { Json, View } from './call.js';

export type JsonObject = { [key: string]: Json };

/** REST dates have whole seconds; those of webhooks have milliseconds. */
export function restDate(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** Messages, participants and webhooks name their service only where the path does. */
const servicePart = (view: View): JsonObject =>
  view.serviceSid === null ? {} : { chat_service_sid: view.serviceSid };

export const dates = (row: { dateCreated: number; dateUpdated: number }): JsonObject => ({
  date_created: restDate(row.dateCreated),
  date_updated: restDate(row.dateUpdated),
});

/** When the state changes by itself. */
export function presentTimers({ dateInactive, dateClosed }: ConversationRow): JsonObject {
  return {
    ...(dateInactive !== null && { date_inactive: restDate(dateInactive) }),
    ...(dateClosed !== null && { date_closed: restDate(dateClosed) }),
  };
}

export function presentConversation(view: View, row: ConversationRow): Json {
  const url = `${view.root}/Conversations/${row.sid}`;
  return {
    sid: row.sid,
    account_sid: row.accountSid,
    chat_service_sid: row.chatServiceSid,
    messaging_service_sid: row.messagingServiceSid,
    friendly_name: row.friendlyName,
    unique_name: row.uniqueName,
    attributes: row.attributes,
    state: row.state,
    ...dates(row),
    timers: presentTimers(row),
    bindings: {},
    url,
    links: {
      participants: `${url}/Participants`,
      messages: `${url}/Messages`,
      webhooks: `${url}/Webhooks`,
      export: `${url}/Export`,
    },
  };
}

export function presentMessage(view: View, row: MessageRow): Json {
  const url = `${view.root}/Conversations/${row.conversationSid}/Messages/${row.sid}`;
  return {
    sid: row.sid,
    account_sid: view.accountSid,
    ...servicePart(view),
    conversation_sid: row.conversationSid,
    index: row.index,
    author: row.author,
    body: row.body,
    media: row.medias.length === 0 ? null : row.medias.map(presentMedia),
    attributes: row.attributes,
    participant_sid: row.participantSid,
    ...dates(row),
    delivery: row.delivery && { ...row.delivery },
    content_sid: row.contentSid,
    url,
    links: { delivery_receipts: `${url}/Receipts`, channel_metadata: `${url}/ChannelMetadata` },
  };
}

export function presentPushBinding(view: View, row: PushRegistrationRow): Json {
  return {
    sid: row.id,
    account_sid: view.accountSid,
    chat_service_sid: view.serviceSid,
    // There are no credentials of Apple or Google here.
    credential_sid: null,
    endpoint: row.registrationId,
    identity: row.identity,
    binding_type: row.channelType,
    message_types: row.messageTypes,
    ...dates(row),
    url: `${view.root}/Bindings/${row.id}`,
  };
}

export function presentReceipt(view: View, row: DeliveryReceiptRow): Json {
  const message = `${view.root}/Conversations/${row.conversationSid}/Messages/${row.messageSid}`;
  return {
    sid: row.sid,
    account_sid: view.accountSid,
    ...servicePart(view),
    conversation_sid: row.conversationSid,
    message_sid: row.messageSid,
    channel_message_sid: row.channelMessageSid,
    participant_sid: row.participantSid,
    status: row.status,
    error_code: row.errorCode,
    ...dates(row),
    url: `${message}/Receipts/${row.sid}`,
  };
}

/** Optional parts are left out, not null. */
export const presentBinding = (binding: MessagingBinding): JsonObject => ({
  type: binding.type,
  address: binding.address,
  proxy_address: binding.proxyAddress,
  ...(binding.projectedAddress !== null && { projected_address: binding.projectedAddress }),
  ...(binding.name !== null && { name: binding.name }),
  ...(binding.level !== null && { level: binding.level }),
});

const presentMedia = ({ sid, size, contentType, filename }: MediaSummary): Json => ({
  sid,
  size,
  content_type: contentType,
  filename,
});

export function presentParticipant(view: View, row: ParticipantRow): Json {
  return {
    sid: row.sid,
    account_sid: view.accountSid,
    ...servicePart(view),
    conversation_sid: row.conversationSid,
    identity: row.identity,
    attributes: row.attributes,
    messaging_binding: row.messagingBinding && presentBinding(row.messagingBinding),
    role_sid: row.roleSid,
    ...dates(row),
    last_read_message_index: row.lastReadMessageIndex,
    last_read_timestamp: row.lastReadTimestamp === null ? null : restDate(row.lastReadTimestamp),
    url: `${view.root}/Conversations/${row.conversationSid}/Participants/${row.sid}`,
  };
}

function presentTarget(row: WebhookRow): Json {
  // Conversation-scoped webhooks spell their method small; configurations spell it large.
  const method = row.method.toLowerCase();
  switch (row.target) {
    case 'studio':
      return { flow_sid: row.flowSid };
    case 'trigger':
      // Twilio shows the keywords of a trigger under this name.
      return { url: row.url, method, filters: row.triggers };
    case 'webhook':
      return { url: row.url, method, filters: row.filters };
  }
}

export function presentWebhook(view: View, row: WebhookRow): Json {
  return {
    sid: row.sid,
    account_sid: view.accountSid,
    ...servicePart(view),
    conversation_sid: row.conversationSid,
    target: row.target,
    configuration: presentTarget(row),
    ...dates(row),
    url: `${view.root}/Conversations/${row.conversationSid}/Webhooks/${row.sid}`,
  };
}

/** `reachability` is null while the service has it off. */
export function presentUser(view: View, row: UserRow, reachability: ReachabilityRow | null): Json {
  const url = `${view.root}/Users/${row.sid}`;
  return {
    sid: row.sid,
    account_sid: view.accountSid,
    chat_service_sid: row.chatServiceSid,
    role_sid: row.roleSid,
    identity: row.identity,
    friendly_name: row.friendlyName,
    attributes: row.attributes,
    is_online: reachability?.online ?? null,
    is_notifiable: reachability?.notifiable ?? null,
    ...dates(row),
    url,
    links: { user_conversations: `${url}/Conversations` },
  };
}

export function presentService(view: View, row: ServiceRow): Json {
  const url = `${view.baseUrl}/v1/Services/${row.sid}`;
  return {
    account_sid: row.accountSid,
    sid: row.sid,
    friendly_name: row.friendlyName,
    ...dates(row),
    url,
    links: {
      conversations: `${url}/Conversations`,
      users: `${url}/Users`,
      roles: `${url}/Roles`,
      bindings: `${url}/Bindings`,
      configuration: `${url}/Configuration`,
      participant_conversations: `${url}/ParticipantConversations`,
      conversation_with_participants: `${url}/ConversationWithParticipants`,
    },
  };
}

export function presentWebhookConfiguration(view: View, row: WebhookConfigurationRow): Json {
  const common = {
    account_sid: view.accountSid,
    pre_webhook_url: row.preWebhookUrl,
    post_webhook_url: row.postWebhookUrl,
    filters: row.filters,
    method: row.method,
    url: `${view.root}/Configuration/Webhooks`,
  };
  return view.serviceSid === null
    ? { ...common, target: row.target }
    : { ...common, chat_service_sid: view.serviceSid };
}
