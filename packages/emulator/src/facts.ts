import type {
  ConversationRow,
  DeliveryReceiptRow,
  MediaRow,
  MessageRow,
  ParticipantRow,
  ReachabilityRow,
  UserRow,
  WebhookRow,
} from './store/rows.js';

/** Who did it. Twilio tells webhooks apart by it: SDK writes always fire them, API writes only on request. */
export type Actor = { source: 'SDK'; identity: string } | { source: 'API'; webhooksEnabled: boolean };

/** A thing that happened. Each fact carries the rows as they are after the change. */
export type Fact =
  | { type: 'conversation.added'; by: Actor; conversation: ConversationRow }
  | {
      type: 'conversation.updated';
      by: Actor;
      conversation: ConversationRow;
      before: ConversationRow;
      /** Why the state changed, when no request asked for it. */
      reason?: 'TIMER' | 'EVENT';
    }
  | {
      type: 'conversation.removed';
      by: Actor;
      conversation: ConversationRow;
      /** What went with it: who was in it, and who is still to be told of its end. */
      participants: ParticipantRow[];
      webhooks: WebhookRow[];
      media: MediaRow[];
    }
  | { type: 'participant.added'; by: Actor; conversation: ConversationRow; participant: ParticipantRow }
  | {
      type: 'participant.updated';
      by: Actor;
      conversation: ConversationRow;
      participant: ParticipantRow;
      before: ParticipantRow;
    }
  | { type: 'participant.removed'; by: Actor; conversation: ConversationRow; participant: ParticipantRow }
  | { type: 'message.added'; by: Actor; conversation: ConversationRow; message: MessageRow }
  | {
      type: 'message.updated';
      by: Actor;
      conversation: ConversationRow;
      message: MessageRow;
      before: MessageRow;
    }
  | { type: 'message.removed'; by: Actor; conversation: ConversationRow; message: MessageRow }
  | {
      type: 'delivery.updated';
      by: Actor;
      conversation: ConversationRow;
      message: MessageRow;
      /** Those that moved. */
      receipts: DeliveryReceiptRow[];
    }
  | { type: 'user.added'; by: Actor; user: UserRow }
  | { type: 'user.updated'; by: Actor; user: UserRow; before: UserRow }
  | { type: 'user.removed'; by: Actor; user: UserRow }
  | { type: 'user.reachability'; by: Actor; user: UserRow; reachability: ReachabilityRow }
  | { type: 'webhook.added'; by: Actor; conversation: ConversationRow; webhook: WebhookRow }
  | { type: 'typing'; by: Actor; conversation: ConversationRow; participant: ParticipantRow };

/** Ends what was started. */
export type Stop = () => void;

/**
 * Commit, then announce. A change and its facts are one transaction; listeners hear of it only once it is safe,
 * and nothing that a listener does can undo it.
 */
export interface Facts {
  /** Hears each fact inside the writer's transaction: what it writes is committed with the change, or not at all. */
  project(projection: (fact: Fact) => void): Stop;
  /** Hears each fact after commit, in order. What it throws is logged and stops nobody. */
  listen(listener: (fact: Fact) => void): Stop;
  /** Runs `work` in one transaction, projects what it records, commits, then announces. */
  commit<T>(work: (record: (fact: Fact) => void) => T): T;
  /**
   * Runs `work` with one commit for all that it commits, and announces after it. What fails in it by itself undoes
   * nothing else; when this throws, nothing of it was kept or announced.
   */
  together<T>(work: () => T): T;
}
