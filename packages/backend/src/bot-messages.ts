import type { Said } from './bot-limits.js';
import type { PastMessage } from './bots/bot.js';
import type { TwilioClient } from './twilio-client.js';
import { readAttributes } from './webhook-events.js';

/** One conversation by its SIDs. The default service's paths would not find a conversation of another service. */
export interface ConversationPlace {
  chatServiceSid: string;
  conversationSid: string;
}

/** The conversation in the service that it belongs to. */
export function conversation(
  client: TwilioClient,
  { chatServiceSid, conversationSid }: ConversationPlace,
): ReturnType<ReturnType<TwilioClient['conversations']['v1']['services']>['conversations']> {
  return client.conversations.v1.services(chatServiceSid).conversations(conversationSid);
}

/** A message as the conversation's history keeps it. */
export interface RecordedMessage extends PastMessage, Said {}

/** One request brings as many. */
const PAGE = 100;
/** Where a visitor has written more than this since the message, nobody waits for its answer. */
const FARTHEST = 1000;

/**
 * The newest messages, oldest first: at least everything after `index`, where answers to the message there are. One
 * request, unless the message is an old one.
 *
 * @throws Error with a sentence where more than a thousand messages came after it.
 */
export async function readHistory(
  client: TwilioClient,
  place: ConversationPlace,
  botIdentity: string,
  index: number,
): Promise<readonly RecordedMessage[]> {
  const { messages } = conversation(client, place);
  let newest = await messages.list({ order: 'desc', limit: PAGE });
  const missing = (newest.at(-1)?.index ?? 0) - index;
  if (newest.length === PAGE && missing > 1) {
    if (missing > FARTHEST)
      throw new Error('More than 1000 messages came after this one: it is not answered.');
    newest = await messages.list({ order: 'desc', limit: PAGE + missing });
  }
  return newest.reverse().map((message) => {
    const attributes = readAttributes(message.attributes);
    const { inReplyTo } = attributes;
    return {
      sid: message.sid,
      body: message.body ?? '',
      author: message.author ?? '',
      index: message.index,
      attributes,
      own: message.author === botIdentity,
      inReplyTo: typeof inReplyTo === 'string' ? inReplyTo : undefined,
      at: message.dateCreated.getTime(),
    };
  });
}
