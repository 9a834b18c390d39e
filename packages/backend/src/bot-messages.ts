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
