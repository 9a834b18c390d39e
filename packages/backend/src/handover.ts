import type { ConversationPlace } from './bot-messages.js';
import { detachBot } from './bot-webhooks.js';
import type { Attributes, ConversationAttributes } from './conversation-attributes.js';
import type { TwilioClient } from './twilio-client.js';

/** What a conversation's attribute `handover` says. Visitors may be able to write it. */
export interface Handover {
  reason: string;
  /** Who gave the conversation to people: the bot, or the colleague who spoke. */
  by: string;
  /** ISO 8601. */
  at: string;
  /** The message that the bot was answering as it handed over: it may still finish that answer. */
  inReplyTo?: string;
  /** The bot handed over in its first words, which it may still finish. */
  welcome?: true;
}

/** Why a bot says no more: a colleague took over, or the conversation was ended. Nothing failed. */
export class BotSilenced extends Error {
  override readonly name = 'BotSilenced';
  readonly outcome: 'taken_over' | 'ended';

  constructor(outcome: 'taken_over' | 'ended') {
    super(
      outcome === 'taken_over'
        ? 'A colleague took over: the bot says no more.'
        : 'The conversation was ended: the bot says no more.',
    );
    this.outcome = outcome;
  }
}

const LONGEST_REASON = 500;

/** Whether people have taken a conversation over, by its attributes. */
export function isHandedOver({ handover }: Attributes): boolean {
  return typeof handover === 'object' && handover !== null;
}

/** Whether the bot handed it over in answer to this message, or in its welcome where there is no message. */
export function wasHandedOverBy({ handover }: Attributes, messageSid: string | undefined): boolean {
  const { inReplyTo, welcome } = (handover ?? {}) as Partial<Handover>;
  return messageSid === undefined ? welcome === true : inReplyTo === messageSid;
}

/**
 * Gives a conversation to people: marks it, unless it is marked already, and takes the bot and any Studio flow off.
 */
export async function handOver(
  options: {
    client: TwilioClient;
    place: ConversationPlace;
    attributes: ConversationAttributes;
    messageAddedUrl: string;
  },
  handover: Handover,
): Promise<void> {
  const { client, place, attributes, messageAddedUrl } = options;
  const mark = { handover: { ...handover, reason: handover.reason.slice(0, LONGEST_REASON) }, working: null };
  try {
    // Marked first: whoever looks in between sees a conversation that waits for people.
    await attributes.merge((current) => (isHandedOver(current) ? {} : mark));
  } finally {
    // A mark that does not fit any more must not leave the bot where people are.
    await detachBot(client, place, messageAddedUrl);
  }
}
