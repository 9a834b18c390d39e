import { sendAsBot } from '../bot-messages.js';
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
  const { authToken, urls, client, bot, inTurn, log, now } = options;
  const answered = createRecent();

  async function answer(event: MessageAdded): Promise<void> {
    let sent = 0;
    try {
      const replies = await bot.onMessageAdded(
        {
          sid: event.messageSid,
          body: event.body,
          author: event.author,
          index: event.index,
          attributes: event.attributes,
        },
        {
          conversationSid: event.conversationSid,
          chatServiceSid: event.chatServiceSid,
          now: new Date(now()),
        },
      );
      for (const reply of replies) {
        await sendAsBot(client, event, bot.identity, reply, event.messageSid);
        sent += 1;
      }
    } catch (error) {
      // Half an answer is not said again; a message that got none may be delivered once more.
      if (sent === 0) answered.forget(event.messageSid);
      log.error(
        { event: 'bot_answer', outcome: 'failed', messageSid: event.messageSid, sent, ...errorFacts(error) },
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
