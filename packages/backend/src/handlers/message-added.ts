import { askBot } from '../ask-bot.js';
import type { Handler, Reply } from '../call.js';
import { errorFacts } from '../errors.js';
import { createRecent } from '../recent.js';
import { signedParams } from '../signature.js';
import { decodeEvent, type WebhookEvent } from '../webhook-events.js';
import type { WebhookHandlerOptions } from './conversation-added.js';
import { webhookRefusal } from './webhook-refusal.js';

type MessageAdded = Extract<WebhookEvent, { type: 'message.added' }>;

const ACCEPTED: Reply = { status: 204, headers: {}, body: null };

/**
 * A message was added: asks the bot and sends its answers in order. Twilio waits five seconds at most, so the delivery
 * is acknowledged first. What the bot or another server wrote is left alone, which is what keeps bots from talking to
 * themselves.
 */
export function createMessageAddedHandler(options: WebhookHandlerOptions): Handler {
  const { authToken, urls, client, bot, botLimitMs, inTurn, log, now } = options;
  const answered = createRecent();

  async function answer(event: MessageAdded): Promise<void> {
    const { conversationSid, chatServiceSid, messageSid, body, author, index, attributes } = event;
    try {
      await askBot(
        {
          bot,
          client,
          place: { conversationSid, chatServiceSid },
          message: { sid: messageSid, index },
          messageAddedUrl: urls.messageAdded,
          limitMs: botLimitMs,
          now,
        },
        (asked, context) =>
          asked.onMessageAdded({ sid: messageSid, body, author, index, attributes }, context),
      );
    } catch (error) {
      answered.forget(messageSid);
      log.error(
        { event: 'bot_answer', outcome: 'failed', messageSid, ...errorFacts(error) },
        'bot did not answer',
      );
    }
  }

  return async (call) => {
    try {
      const event = decodeEvent(signedParams(call, authToken, urls.messageAdded));
      if (event.type !== 'message.added') return ACCEPTED;
      if (event.source === 'API' || event.author === bot.identity) return ACCEPTED;
      if (!answered.add(event.messageSid)) return ACCEPTED;
      return { ...ACCEPTED, after: () => inTurn(event.conversationSid, () => answer(event)) };
    } catch (error) {
      return webhookRefusal(error, log, 'message-added');
    }
  };
}
