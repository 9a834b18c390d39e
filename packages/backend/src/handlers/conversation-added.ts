import { askBot } from '../ask-bot.js';
import { type ConversationPlace, conversation } from '../bot-messages.js';
import { attachBot, type BotTarget } from '../bot-webhooks.js';
import type { Handler } from '../call.js';
import { errorFacts, ServiceError } from '../errors.js';
import { isHandedOver } from '../handover.js';
import { onceDelivered } from '../seen-deliveries.js';
import { againWhileAway } from '../twilio-trouble.js';
import { readAttributes } from '../webhook-events.js';
import { botEngine, readDelivery, SENDING_MS, type WebhookHandlerOptions } from './webhook-delivery.js';
import { webhookRefusal } from './webhook-refusal.js';

/** Twilio waits five seconds for the answer to this delivery: time for one more try. */
const ATTACHING_MS = 3_000;

/**
 * A conversation was made: puts the bot, or a Studio flow, on it, by a webhook for its messages, and lets the bot say
 * its first words. Deliveries may come twice, and at the same time: there is one webhook and one welcome all the same.
 */
export function createConversationAddedHandler(options: WebhookHandlerOptions): Handler {
  const { config, urls, client, bot, botLimitMs, seen, inTurn, log } = options;
  const target: BotTarget | undefined =
    config.studioFlowSid !== undefined
      ? { kind: 'studio', flowSid: config.studioFlowSid }
      : bot && { kind: 'bot', url: urls.messageAdded };

  async function attach(place: ConversationPlace): Promise<boolean> {
    if (!target) return false;
    const { conversationSid } = place;
    try {
      return await againWhileAway(
        { ...options, withinMs: ATTACHING_MS, event: 'bot_attach', conversationSid },
        async () => {
          const { state, attributes } = await conversation(client, place).fetch();
          if (state === 'closed' || isHandedOver(readAttributes(attributes))) return false;
          return await attachBot(client, place, target, urls.messageAdded);
        },
      );
    } catch (error) {
      log.error(
        { event: 'bot_attach', outcome: 'failed', conversationSid, ...errorFacts(error) },
        'bot not attached',
      );
      throw new ServiceError('twilio_unavailable', 'The bot could not be attached. The log has the reason.');
    }
  }

  async function welcome(place: ConversationPlace): Promise<void> {
    if (target?.kind !== 'bot' || !bot?.onConversationAdded) return;
    const engine = botEngine(options, bot);
    const { onConversationAdded } = bot;
    await onceDelivered(
      { seen, log, leaseMs: botLimitMs + SENDING_MS },
      `onConversationAdded:${place.conversationSid}`,
      () =>
        askBot(engine, {
          place,
          question: (_bot, context) => onConversationAdded.call(bot, context),
          silenced: new AbortController().signal,
        }),
    );
  }

  return async (call) => {
    try {
      const event = readDelivery(call, urls.conversationAdded, options);
      if (event.type !== 'conversation.added') return { status: 204, headers: {}, body: null };
      const { conversationSid, chatServiceSid } = event;
      const place = { conversationSid, chatServiceSid };
      const attaching = inTurn(conversationSid, () => attach(place));
      // Its turn is taken before the webhook is there: the answers to what is replayed then come after it.
      const welcoming = inTurn(conversationSid, async () => {
        await attaching;
        await welcome(place).catch((error: unknown) => {
          log.error(
            { event: 'welcome', outcome: 'failed', conversationSid, ...errorFacts(error) },
            'no welcome sent',
          );
        });
      });
      // Without the webhook there is no welcome, and the refusal says so already.
      welcoming.catch(() => {});
      return { status: 200, headers: {}, body: { attached: await attaching }, after: () => welcoming };
    } catch (error) {
      return webhookRefusal(error, log, 'conversation-added');
    }
  };
}
