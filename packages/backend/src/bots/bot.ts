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

/** Where and when a bot is asked. */
export interface BotContext {
  conversationSid: string;
  chatServiceSid: string;
  now: Date;
}

/** One message that a bot sends: its text, or text with attributes. */
export type BotReply = string | { body: string; attributes?: Readonly<Record<string, unknown>> };

/** Answers one message with any number of messages, which are sent in this order; none is an answer too. */
export type AnswerMessage = (
  message: BotMessage,
  context: BotContext,
) => readonly BotReply[] | Promise<readonly BotReply[]>;

/**
 * Who answers visitors. Its functions get plain data and give plain data, and know neither Twilio nor a server.
 *
 * @example
 * const parrot: Bot = { identity: 'parrot', onMessageAdded: (message) => [`You said: ${message.body}`] };
 */
export interface Bot {
  /** The author of its messages. It is never asked about a message of this author. */
  identity: string;
  /** What it says first in a new conversation; without it, it waits to be spoken to. */
  onConversationAdded?: (context: BotContext) => BotReply | null | Promise<BotReply | null>;
  onMessageAdded: AnswerMessage;
}
