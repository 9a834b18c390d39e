/**
 * What the store keeps, one interface a table. Times are milliseconds since the epoch; attributes are the JSON
 * text as it was sent (whitespace kept): each edge presents them in its own form.
 */

export interface ServiceRow {
  sid: string;
  accountSid: string;
  friendlyName: string;
  dateCreated: number;
  dateUpdated: number;
}

export type ConversationState = 'active' | 'inactive' | 'closed';

export interface ConversationRow {
  sid: string;
  accountSid: string;
  chatServiceSid: string;
  messagingServiceSid: string;
  friendlyName: string | null;
  uniqueName: string | null;
  attributes: string;
  state: ConversationState;
  stateUpdated: number;
  /** The identity that made it from an SDK; `system` when it came over REST. */
  createdBy: string;
  /** The identity that made it from an SDK and has not joined yet; null ever after, and when it came over REST. */
  awaitedCreator: string | null;
  /** The index the next message gets: a counter, never a count, so that no index is used twice. */
  nextMessageIndex: number;
  lastMessageIndex: number | null;
  lastMessageTimestamp: number | null;
  /** ISO 8601 durations as they were given: how long without activity until the state changes by itself. */
  timerInactive: string | null;
  timerClosed: string | null;
  /** When the state changes by itself, unless something happens first. */
  dateInactive: number | null;
  dateClosed: number | null;
  dateCreated: number;
  dateUpdated: number;
}

/** How somebody takes part who has no SDK. Nothing leaves the emulator: the addresses are kept and shown. */
export interface MessagingBinding {
  type: 'sms' | 'whatsapp' | 'messenger' | 'email' | 'rcs' | 'other';
  address: string;
  proxyAddress: string | null;
  projectedAddress: string | null;
  name: string | null;
  /** Of an e-mail address. */
  level: 'to' | 'cc' | 'from' | null;
}

export interface ParticipantRow {
  sid: string;
  conversationSid: string;
  /** Null for a participant that has a messaging binding only. */
  identity: string | null;
  messagingBinding: MessagingBinding | null;
  roleSid: string;
  attributes: string;
  lastReadMessageIndex: number | null;
  lastReadTimestamp: number | null;
  notificationLevel: 'default' | 'muted';
  dateCreated: number;
  dateUpdated: number;
}

/** What a message says about an attachment; the rest is the {@link MediaRow}'s. */
export interface MediaSummary {
  sid: string;
  category: 'media' | 'body' | 'history';
  filename: string | null;
  contentType: string;
  /** In bytes. */
  size: number;
}

export type DeliveryStatus = 'sent' | 'delivered' | 'read' | 'failed' | 'undelivered';

/** How far a message has come with those who take part without an SDK. */
export interface DeliveryAggregate extends Record<DeliveryStatus, 'none' | 'some' | 'all'> {
  total: number;
}

/** Whom a message of an e-mail conversation was addressed to. */
export interface MessageRecipient {
  type: string;
  level: string;
  name: string | null;
  address: string;
}

export interface MessageRow {
  sid: string;
  conversationSid: string;
  index: number;
  author: string;
  participantSid: string | null;
  body: string | null;
  subject: string | null;
  attributes: string;
  medias: MediaSummary[];
  contentSid: string | null;
  /** JSON. */
  contentVariables: string | null;
  /** What the channel it came through adds, `{type, data}`. */
  channelMetadata: { type: string; data: unknown } | null;
  /** Null when everybody in the conversation has an SDK. */
  delivery: DeliveryAggregate | null;
  recipients: MessageRecipient[];
  lastUpdatedBy: string | null;
  dateCreated: number;
  dateUpdated: number;
}

export interface UserRow {
  sid: string;
  chatServiceSid: string;
  identity: string;
  friendlyName: string;
  attributes: string;
  roleSid: string;
  dateCreated: number;
  dateUpdated: number;
}

/** A file that was uploaded. Its bytes lie beside the database. */
export interface MediaRow extends MediaSummary {
  chatServiceSid: string;
  /** Who uploaded it. */
  author: string;
  /** Null until a message carries it. */
  conversationSid: string | null;
  messageSid: string | null;
  /** Of a template that a message brought: what would be the file, which was rendered here and never uploaded. */
  rendered: string | null;
  dateCreated: number;
  dateUpdated: number;
}

export interface DeliveryReceiptRow {
  sid: string;
  conversationSid: string;
  messageSid: string;
  participantSid: string;
  channelMessageSid: string;
  status: DeliveryStatus;
  errorCode: number;
  dateCreated: number;
  dateUpdated: number;
}

/** A role that was made; the default roles of a service have rows too. */
export interface RoleRow {
  sid: string;
  chatServiceSid: string;
  friendlyName: string;
  type: 'conversation' | 'service';
  permissions: string[];
  dateCreated: number;
  dateUpdated: number;
}

/** What was configured of a service; what is null has its default. */
export interface ServiceConfigurationRow {
  chatServiceSid: string;
  conversationCreatorRoleSid: string | null;
  conversationRoleSid: string | null;
  serviceRoleSid: string | null;
  reachabilityEnabled: boolean;
  /** ISO 8601 durations that new conversations get. */
  timerInactive: string | null;
  timerClosed: string | null;
}

/** Where an app of an identity wants its pushes sent. None is sent: what would be is logged. */
export interface PushRegistrationRow {
  id: string;
  identity: string;
  channelType: 'fcm' | 'apn';
  endpointPlatform: string;
  registrationId: string;
  messageTypes: string[];
  dateCreated: number;
  dateUpdated: number;
}

/** Whether an identity has a socket open, and an app to notify. Kept only while the service has reachability on. */
export interface ReachabilityRow {
  identity: string;
  online: boolean;
  notifiable: boolean;
}

/** A conversation-scoped webhook. */
export interface WebhookRow {
  sid: string;
  conversationSid: string;
  target: 'webhook' | 'studio' | 'trigger';
  url: string | null;
  method: 'GET' | 'POST';
  filters: string[];
  triggers: string[];
  flowSid: string | null;
  replayAfter: number | null;
  dateCreated: number;
  dateUpdated: number;
}

/** The one webhook configuration of a scope: `global` is the account's, else the service with that SID. */
export interface WebhookConfigurationRow {
  scope: 'global' | (string & {});
  preWebhookUrl: string | null;
  postWebhookUrl: string | null;
  method: 'GET' | 'POST' | null;
  filters: string[] | null;
  target: 'webhook' | 'flex' | null;
}

/** A Sync object, as the SDK reads it. */
export interface SyncObjectRow {
  sid: string;
  type: 'document' | 'list' | 'map';
  uniqueName: string;
  /** Who may read it: the identity `subject`, any identity of the service, or the participants of conversation `subject`. */
  access: 'owner' | 'service' | 'conversation';
  subject: string;
  /** Grows by one with each change of this object. */
  lastEventId: number;
  /** JSON, documents only. */
  data: string | null;
  dateCreated: number;
  dateUpdated: number;
}

/** An item of a Sync list or map. Lists: `position` is the index and `key` the same in digits. Maps: `position` is 0. */
export interface SyncItemRow {
  objectSid: string;
  position: number;
  key: string;
  /** JSON. */
  data: string;
  createdEventId: number;
  lastEventId: number;
  removed: boolean;
  dateCreated: number;
  dateUpdated: number;
}
