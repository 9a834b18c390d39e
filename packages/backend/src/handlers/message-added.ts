import { askBot } from '../ask-bot.js';
import { isVisitorName } from '../bots/bot.js';
import type { Handler, Reply } from '../call.js';
import { createConversationAttributes } from '../conversation-attributes.js';
import { errorFacts } from '../errors.js';
import { BotSilenced, handOver } from '../handover.js';
import { onceDelivered } from '../seen-deliveries.js';
import { againWhileAway } from '../twilio-trouble.js';
import type { WebhookEvent } from '../webhook-events.js';
import {
  botEngine,
  isFresh,
  readDelivery,
  SENDING_MS,
  type WebhookHandlerOptions,
} from './webhook-delivery.js';
import { webhookRefusal } from './webhook-refusal.js';

type MessageAdded = Extract<WebhookEvent, { type: 'message.added' }>;

const ACCEPTED: Reply = { status: 204, headers: {}, body: null };

/**
 * A message was added: a visitor's is answered by the bot, a colleague's ends the bot's part. Twilio waits five seconds
 * at most, so the delivery is acknowledged first. What the bot or another server wrote is left alone, which is what
 * keeps bots from talking to themselves.
 */
export function createMessageAddedHandler(options: WebhookHandlerOptions): Handler {
  const { urls, client, bot, botLimitMs, againWithinMs, seen, inTurn, attributesInTurn, log, now } = options;
  if (!bot) return (call) => acknowledge(call, options);
  const engine = botEngine(options, bot);
  const once = { seen, log, leaseMs: botLimitMs + SENDING_MS };
  const silencing = createSilencing();

  async function answer(event: MessageAdded, silenced: AbortSignal): Promise<void> {
    const { conversationSid, chatServiceSid, messageSid, body, author, index, attributes } = event;
    await askBot(engine, {
      place: { conversationSid, chatServiceSid },
      message: { sid: messageSid, index },
      question: (asked, context) =>
        asked.onMessageAdded({ sid: messageSid, body, author, index, attributes }, context),
      silenced,
      // Twilio always says when it was; where somebody's delivery does not, the history does.
      accept: (recorded) => event.createdAt !== undefined || (!!recorded && isFresh(recorded.at, now())),
    });
  }

  async function takeOver({ conversationSid, chatServiceSid, author }: MessageAdded): Promise<void> {
    const place = { conversationSid, chatServiceSid };
    const attributes = createConversationAttributes({ client, place, inTurn: attributesInTurn });
    const handover = { reason: 'agent_joined', by: author, at: new Date(now()).toISOString() };
    const again = { ...options, withinMs: againWithinMs, event: 'handover', conversationSid };
    await againWhileAway(again, () =>
      handOver({ client, place, attributes, messageAddedUrl: urls.messageAdded }, handover),
    );
    log.info({ event: 'handover', outcome: 'agent_joined', conversationSid }, 'a colleague took over');
  }

  async function act(event: MessageAdded, work: () => Promise<void>): Promise<void> {
    const { messageSid, index } = event;
    try {
      await onceDelivered(once, `onMessageAdded:${messageSid}:${index}`, work);
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
      if (event.type !== 'message.added') return ACCEPTED;
      const { conversationSid, source, author } = event;
      if (source === 'API' || author === bot.identity) return ACCEPTED;
      const isVisitor = isVisitorName(author);
      // Whoever writes by text message or the like is neither a visitor of the chat nor staff.
      if (!isVisitor && source !== 'SDK') return ACCEPTED;
      if (!isVisitor) {
        // Said before its turn comes: what the bot is still to answer is not wanted from it any more.
        silencing.silence(conversationSid);
        // Its turn is taken before what comes next, however long this delivery's acknowledgement takes.
        const takingOver = inTurn(conversationSid, () => act(event, () => takeOver(event)));
        return { ...ACCEPTED, after: () => takingOver };
      }
      const { silenced, done } = silencing.begin(conversationSid);
      const answering = () => act(event, () => answer(event, silenced));
      return { ...ACCEPTED, after: () => inTurn(conversationSid, answering).finally(done) };
    } catch (error) {
      return webhookRefusal(error, log, 'message-added');
    }
  };
}

/** What the bot is at, and what waits for its turn, by conversation: a colleague silences all of it. */
function createSilencing() {
  const turns = new Map<string, Set<AbortController>>();
  return {
    begin(conversationSid: string): { silenced: AbortSignal; done: () => void } {
      const turn = new AbortController();
      const there = turns.get(conversationSid) ?? new Set();
      turns.set(conversationSid, there.add(turn));
      const done = (): void => {
        there.delete(turn);
        if (there.size === 0 && turns.get(conversationSid) === there) turns.delete(conversationSid);
      };
      return { silenced: turn.signal, done };
    },
    silence(conversationSid: string): void {
      for (const turn of turns.get(conversationSid) ?? []) turn.abort(new BotSilenced('taken_over'));
    },
  };
}

/** Without a bot there is nothing to do; a delivery that is not Twilio's is refused all the same. */
async function acknowledge(call: Parameters<Handler>[0], options: WebhookHandlerOptions): Promise<Reply> {
  try {
    readDelivery(call, options.urls.messageAdded, options);
    return ACCEPTED;
  } catch (error) {
    return webhookRefusal(error, options.log, 'message-added');
  }
}
