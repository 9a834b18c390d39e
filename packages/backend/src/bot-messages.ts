import type { BotReply } from './bots/bot.js';
import type { TwilioClient } from './twilio-client.js';
import { readAttributes } from './webhook-events.js';

/** One conversation by its SIDs. The default service's paths would not find a conversation of another service. */
export interface ConversationPlace {
  chatServiceSid: string;
  conversationSid: string;
}

/** How far back a welcome is looked for: it is among the first messages, or there is none. */
const FIRST_MESSAGES = 100;

/**
 * Sends a bot's message. Without `X-Twilio-Webhook-Enabled` it fires no webhook, so a bot cannot wake itself.
 * `inReplyTo` is the message that it answers.
 */
export async function sendAsBot(
  client: TwilioClient,
  place: ConversationPlace,
  author: string,
  reply: BotReply,
  inReplyTo?: string,
): Promise<void> {
  const { body, attributes } = typeof reply === 'string' ? { body: reply } : reply;
  const marks = { ...attributes, ...(inReplyTo === undefined ? {} : { inReplyTo }) };
  await conversation(client, place).messages.create({ author, body, attributes: JSON.stringify(marks) });
}

/**
 * Whether the bot has opened this conversation already. Its answers do not count, so a visitor who was faster than
 * the welcome does not lose it.
 */
export async function hasWelcome(
  client: TwilioClient,
  place: ConversationPlace,
  author: string,
): Promise<boolean> {
  const first = await conversation(client, place).messages.list({ limit: FIRST_MESSAGES });
  return first.some(
    (message) => message.author === author && readAttributes(message.attributes).inReplyTo === undefined,
  );
}

/** The conversation in the service that it belongs to. */
export function conversation(
  client: TwilioClient,
  { chatServiceSid, conversationSid }: ConversationPlace,
): ReturnType<ReturnType<TwilioClient['conversations']['v1']['services']>['conversations']> {
  return client.conversations.v1.services(chatServiceSid).conversations(conversationSid);
}
