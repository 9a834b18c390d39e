import { askBot } from '../ask-bot.js';
import type { Bot } from '../bots/bot.js';
import type { Handler, Reply } from '../call.js';
import { errorFacts } from '../errors.js';
import { onceDelivered } from '../seen-deliveries.js';
import type { WebhookEvent } from '../webhook-events.js';
import { readDelivery, type WebhookHandlerOptions } from './webhook-delivery.js';
import { webhookRefusal } from './webhook-refusal.js';

type MessageAdded = Extract<WebhookEvent, { type: 'message.added' }>;

/** What Twilio may take for the messages of an answer, after the bot has taken its time. */
const SENDING_MS = 20_000;
const ACCEPTED: Reply = { status: 204, headers: {}, body: null };

/**
 * A message was added: asks the bot and sends its answers in order. Twilio waits five seconds at most, so the delivery
 * is acknowledged first. What the bot or another server wrote is left alone, which is what keeps bots from talking to
 * themselves.
 */
export function createMessageAddedHandler(options: WebhookHandlerOptions): Handler {
  const { urls, client, bot, botLimitMs, seen, inTurn, log, now } = options;
  const once = { seen, log, leaseMs: botLimitMs + SENDING_MS };

  async function answer(bot: Bot, event: MessageAdded): Promise<void> {
    const { conversationSid, chatServiceSid, messageSid, body, author, index, attributes } = event;
    const ask = (): Promise<void> =>
      askBot(
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
    try {
      await onceDelivered(once, `onMessageAdded:${messageSid}:${index}`, ask);
    } catch (error) {
      log.error(
        { event: 'bot_answer', outcome: 'failed', messageSid, ...errorFacts(error) },
        'bot did not answer',
      );
    }
  }

  return async (call) => {
    try {
      const event = readDelivery(call, urls.messageAdded, options);
      if (event.type !== 'message.added' || !bot) return ACCEPTED;
      if (event.source === 'API' || event.author === bot.identity) return ACCEPTED;
      return { ...ACCEPTED, after: () => inTurn(event.conversationSid, () => answer(bot, event)) };
    } catch (error) {
      return webhookRefusal(error, log, 'message-added');
    }
  };
}
