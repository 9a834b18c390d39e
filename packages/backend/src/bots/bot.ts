/** A visitor's message as a bot sees it. Everything in it was written by a stranger. */
export interface BotMessage {
  sid: string;
  /** Empty when the message is only a file. */
  body: string;
  author: string;
  /** Place in the conversation, from 0. */
  index: number;
  attributes: Readonly<Record<string, unknown>>;
}

/** One message of the conversation so far. */
export interface PastMessage extends BotMessage {
  /** True for the bot's own messages. */
  own: boolean;
}

/** One message that a bot sends: its text, or text with attributes. */
export type BotReply = string | { body: string; attributes?: Readonly<Record<string, unknown>> };

/** What a bot's function may give back: replies, sent in this order. Nothing is an answer too. */
export type BotReplies = BotReply | readonly BotReply[] | null | undefined;

/** A reply that grows while the bot still thinks. */
export interface GrowingReply {
  /**
   * Shows `text` in place of what was shown before. Called often, it writes at a bounded rate and keeps the newest.
   */
  update(text: string): void;
  /** Shows the whole text for good. Without it the reply stays marked as unfinished. */
  finish(text: string): Promise<void>;
}

/**
 * What a bot knows of the conversation it is asked about, and what it can do there. Each method acts on this
 * conversation alone. A delivery that comes again after a crash asks the bot again: replies that were sent already are
 * recognised by their order and not sent twice.
 */
export interface BotContext {
  readonly conversationSid: string;
  readonly chatServiceSid: string;
  readonly now: Date;
  /** Aborted when the bot's time or its turn is over; what it does afterwards is refused, with a line in the log. */
  readonly signal: AbortSignal;
  /** The conversation's attributes. Visitors may have written some of them. */
  attributes(): Promise<Readonly<Record<string, unknown>>>;
  /**
   * The newest `limit` messages before the one that is answered, oldest first, and the bot's answers to them even where
   * they came later. Default 20, at most 100.
   */
  history(limit?: number): Promise<readonly PastMessage[]>;
  /**
   * What the bot said to this very message before a crash, in its order, without what was left growing. A bot whose
   * replies are not the same each time must not begin another answer where there is one.
   */
  saidBefore(): Promise<readonly PastMessage[]>;
  /** Sends a message as the bot. */
  reply(reply: BotReply): Promise<void>;
  /** Sends a content template, `HX…`, with its variables. */
  replyWithTemplate(
    contentSid: string,
    variables?: Readonly<Record<string, string>>,
    attributes?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** Sends a message whose text grows, for answers that come in pieces. */
  growingReply(attributes?: Readonly<Record<string, unknown>>): GrowingReply;
  /**
   * Shows the visitor that the bot is at work, until its next message or for ten seconds. Where that fails, the log says
   * so, and nothing else happens.
   */
  typing(): Promise<void>;
  /** Sets these attributes of the conversation and keeps the others; `null` removes one. */
  setAttributes(attributes: Readonly<Record<string, unknown>>): Promise<void>;
  /** Gives the conversation to people: the bot is not asked any more, and the conversation says why. */
  handOver(reason: string): Promise<void>;
  /** Closes the conversation for good. */
  end(): Promise<void>;
}

/** Answers one message, by replies it gives back, by its context, or both. */
export type AnswerMessage = (message: BotMessage, context: BotContext) => BotReplies | Promise<BotReplies>;

/** Who answers visitors. Its functions know neither Twilio nor a server. */
export interface Bot {
  /** The author of its messages. It is never asked about a message of this author. */
  identity: string;
  /** What it does first in a new conversation; without it, it waits to be spoken to. */
  onConversationAdded?: (context: BotContext) => BotReplies | Promise<BotReplies>;
  onMessageAdded: AnswerMessage;
}

/**
 * Checks a bot where it is written, and gives it its types.
 *
 * @throws TypeError when the identity is not 1 to 256 characters, or could be a visitor's.
 * @example
 * export default defineBot({
 *   identity: 'parrot',
 *   onMessageAdded: (message) => `You said: ${message.body}`,
 * });
 */
export function defineBot(bot: Bot): Bot {
  if (typeof bot.identity !== 'string' || bot.identity === '' || bot.identity.length > 256) {
    throw new TypeError('A bot needs an identity of 1 to 256 characters: the author of its messages.');
  }
  if (isVisitorName(bot.identity)) {
    throw new TypeError(
      `The identity ${bot.identity} has the shape of a visitor's; take a name such as shop-bot.`,
    );
  }
  if (typeof bot.onMessageAdded !== 'function') {
    throw new TypeError(`The bot ${bot.identity} has no function onMessageAdded.`);
  }
  return bot;
}

/**
 * Whether a name is one that only visitors have: a UUID, or `u_` and a hash for those who are logged in. Everybody
 * else in a conversation is staff, or a program of the business.
 */
export function isVisitorName(name: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name) || /^u_[\w-]{43}$/.test(name);
}
