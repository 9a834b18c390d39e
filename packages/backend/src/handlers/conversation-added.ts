import { askBot } from '../ask-bot.js';
import { readUrl } from '../bot-context.js';
import { type ConversationPlace, conversation, hasWelcome } from '../bot-messages.js';
import type { Bot } from '../bots/bot.js';
import type { Handler } from '../call.js';
import { errorFacts, ServiceError } from '../errors.js';
import type { InTurn } from '../in-turn.js';
import type { Log } from '../log.js';
import { signedParams } from '../signature.js';
import type { TwilioClient } from '../twilio-client.js';
import { decodeEvent } from '../webhook-events.js';
import type { WebhookUrls } from '../webhook-urls.js';
import { webhookRefusal } from './webhook-refusal.js';

/** What the handlers of webhooks are made of. */
export interface WebhookHandlerOptions {
  authToken: string;
  urls: WebhookUrls;
  client: TwilioClient;
  bot: Bot;
  /** Milliseconds that the bot may take for an answer. */
  botLimitMs: number;
  /** Shared by both handlers, so that a welcome and an answer never overlap. */
  inTurn: InTurn;
  log: Log;
  /** Milliseconds. */
  now: () => number;
}

/**
 * A conversation was made: puts the bot on it, by a webhook for its messages, and lets the bot say its first words.
 * Deliveries may come twice, and at the same time: there is one webhook and one welcome all the same.
 */
export function createConversationAddedHandler(options: WebhookHandlerOptions): Handler {
  const { authToken, urls, client, bot, botLimitMs, inTurn, log, now } = options;

  async function attach(place: ConversationPlace): Promise<boolean> {
    const { webhooks } = conversation(client, place);
    const attached = await webhooks.list();
    if (attached.some((webhook) => readUrl(webhook.configuration) === urls.messageAdded)) return false;
    await webhooks.create({
      target: 'webhook',
      'configuration.url': urls.messageAdded,
      'configuration.method': 'post',
      'configuration.filters': ['onMessageAdded'],
      // A visitor may have written before this webhook was there: everything from the first message on is delivered.
      'configuration.replayAfter': 0,
    });
    return true;
  }

  async function welcome(place: ConversationPlace): Promise<void> {
    if (!bot.onConversationAdded || (await hasWelcome(client, place, bot.identity))) return;
    await askBot(
      { bot, client, place, messageAddedUrl: urls.messageAdded, limitMs: botLimitMs, now },
      ({ onConversationAdded }, context) => onConversationAdded?.call(bot, context),
    );
  }

  return async (call) => {
    try {
      const event = decodeEvent(signedParams(call, authToken, urls.conversationAdded));
      if (event.type !== 'conversation.added') return { status: 204, headers: {}, body: null };
      const { conversationSid, chatServiceSid } = event;
      const place = { conversationSid, chatServiceSid };
      const attaching = inTurn(conversationSid, () => attach(place)).catch((error: unknown) => {
        log.error(
          { event: 'bot_attach', outcome: 'failed', conversationSid, ...errorFacts(error) },
          'bot not attached',
        );
        throw new ServiceError(
          'twilio_unavailable',
          'The bot could not be attached. The log has the reason.',
        );
      });
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
