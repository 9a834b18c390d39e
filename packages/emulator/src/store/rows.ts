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
  dateCreated: number;
  dateUpdated: number;
}

export interface ParticipantRow {
  sid: string;
  conversationSid: string;
  identity: string;
  roleSid: string;
  attributes: string;
  lastReadMessageIndex: number | null;
  lastReadTimestamp: number | null;
  notificationLevel: 'default' | 'muted';
  dateCreated: number;
  dateUpdated: number;
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
