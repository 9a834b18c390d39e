import { type Answer, createAnswer, partsSaid } from './answer.js';
import type { BotLimits } from './bot-limits.js';
import { type ConversationPlace, conversation, type RecordedMessage } from './bot-messages.js';
import { botValues } from './bot-replies.js';
import type { Bot, BotContext, BotReplies, BotReply, PastMessage } from './bots/bot.js';
import type { ConversationAttributes } from './conversation-attributes.js';
import { errorFacts } from './errors.js';
import { createGrowingReply, type OpenGrowingReply } from './growing-reply.js';
import { BotSilenced, handOver } from './handover.js';
import type { Log } from './log.js';
import type { TwilioClient } from './twilio-client.js';

const LONGEST_HISTORY = 100;
const TYPING_MS = 10_000;

/** What a context is made of. */
export interface BotContextOptions {
  client: TwilioClient;
  place: ConversationPlace;
  bot: Bot;
  /** The message that is answered; none for a welcome. */
  message?: { sid: string; index: number };
  history: readonly RecordedMessage[];
  attributes: ConversationAttributes;
  /** The address of the webhook that brings the bot its messages. */
  messageAddedUrl: string;
  limits: BotLimits;
  log: Log;
  now: () => number;
  signal: AbortSignal;
  /** Rejects where people have taken the conversation over meanwhile. Asked before each new message. */
  stillOpen: () => Promise<void>;
}

/** A bot's context, and how its turn ends. */
export interface BotTurn {
  context: BotContext;
  /** Sends what the bot gave back, after what it sent itself, and does what was put off until then. */
  finish(given: BotReplies): Promise<void>;
  /** Lets nothing run on after the turn, whichever way it ended. */
  close(): Promise<void>;
}

/** What a bot can do in one conversation, by the REST API. */
export function createBotTurn(options: BotContextOptions): BotTurn {
  const { client, place, bot, message, history, attributes, log, now, signal } = options;
  const there = conversation(client, place);
  const checked = botValues(bot.identity);
  const growing: OpenGrowingReply[] = [];
  const underWay = new Set<Promise<void>>();
  let typingUntil = 0;
  let typingFailed = false;
  let ending = false;

  async function stopTyping(): Promise<void> {
    if (typingUntil === 0) return;
    typingUntil = 0;
    try {
      await attributes.merge(() => ({ working: null }));
    } catch (error) {
      // The mark ends by itself; the message that was just sent counts.
      log.warn({ event: 'bot_typing', outcome: 'failed', ...errorFacts(error) }, 'typing not ended');
    }
  }

  const answer: Answer = createAnswer({
    ...options,
    botIdentity: bot.identity,
    messageSid: message?.sid,
    sent: stopTyping,
  });

  /** A bot may forget to wait: what fails then must not end the process, nor go unseen. */
  function acting(act: () => Promise<void>): Promise<void> {
    const acted = Promise.resolve().then(() => {
      signal.throwIfAborted();
      return act();
    });
    const { conversationSid } = place;
    const settled = acted.catch((error: unknown) => {
      // The turn says so already.
      if (error instanceof BotSilenced) return;
      log.warn(
        { event: 'bot_action', outcome: 'failed', conversationSid, ...errorFacts(error) },
        'what the bot asked for was not done',
      );
    });
    underWay.add(settled);
    void settled.then(() => underWay.delete(settled));
    return acted;
  }

  function say(part: number, reply: BotReply, marks?: { last: true }): Promise<void> {
    return answer.write(part, typeof reply === 'string' ? { body: reply } : reply, marks);
  }

  const context: BotContext = {
    ...place,
    now: new Date(now()),
    signal,
    attributes: () => attributes.read(),
    async history(limit = 20) {
      const past = message === undefined ? history : history.filter(isBefore(message, history));
      return past.slice(-Math.min(LONGEST_HISTORY, limit)).map(asPast);
    },
    async saidBefore() {
      const parts = [...partsSaid(history, message?.sid)].sort(([one], [other]) => one - other);
      return parts.flatMap(([, said]) => (said.attributes.growing === true ? [] : [asPast(said)]));
    },
    reply(reply) {
      const part = answer.next();
      return acting(() => say(part, checked.reply(reply)));
    },
    replyWithTemplate(contentSid, variables = {}, marks) {
      const part = answer.next();
      return acting(() => {
        checked.text(contentSid, 'replyWithTemplate(contentSid)');
        checked.attributes(marks, 'replyWithTemplate()');
        const contentVariables = JSON.stringify(variables);
        return answer.write(part, { contentSid, contentVariables, attributes: marks });
      });
    },
    growingReply(marks) {
      const reply = createGrowingReply({
        answer,
        attributes: checked.attributes(marks, 'growingReply()'),
        now,
        signal,
        failed: (error) =>
          log.warn({ event: 'bot_growing', outcome: 'failed', ...errorFacts(error) }, 'not written'),
      });
      growing.push(reply);
      return {
        update: (text) => reply.update(checked.text(text, 'update(text)')),
        finish: (text) => acting(async () => reply.finish(checked.text(text, 'finish(text)'))),
      };
    },
    typing: () =>
      acting(async () => {
        // Asked for with each word of a stream, it is written when half of its time is over.
        if (typingFailed || typingUntil - now() > TYPING_MS / 2) return;
        typingUntil = now() + TYPING_MS;
        const working = { by: bot.identity, until: new Date(typingUntil).toISOString() };
        try {
          await attributes.merge(() => ({ working }));
        } catch (error) {
          // Nobody loses an answer because no room is left for this.
          typingFailed = true;
          log.warn({ event: 'bot_typing', outcome: 'failed', ...errorFacts(error) }, 'typing not shown');
        }
      }),
    setAttributes: (changes) =>
      acting(() => {
        checked.attributes(changes, 'setAttributes()');
        return attributes.merge(() => changes);
      }),
    handOver: (reason) =>
      acting(() => {
        checked.text(reason, 'handOver(reason)');
        typingUntil = 0;
        const at = new Date(now()).toISOString();
        const by = bot.identity;
        const during = message ? { inReplyTo: message.sid } : { welcome: true as const };
        return handOver(options, { reason, by, at, ...during });
      }),
    end: () =>
      acting(() => {
        ending = true;
        return Promise.resolve();
      }),
  };

  return {
    context,
    async finish(given) {
      const replies = checked.replies(given);
      const room = answer.room();
      // One that is over the limit is given to the answer too, which says so in the log.
      for (const [place, reply] of replies.slice(0, room + 1).entries()) {
        const isLast = place === Math.min(room, replies.length) - 1;
        // Where the conversation is to be closed after it, an answer that was sent is not a turn that is over.
        await say(answer.next(), reply, isLast && !ending ? { last: true } : undefined);
      }
      await Promise.all([...underWay, ...growing.map((reply) => reply.settled())]);
      await answer.written();
      if (ending) await there.update({ state: 'closed' });
    },
    async close() {
      await Promise.all([...underWay, ...growing.map((reply) => reply.settled())]);
      await answer.written();
      await stopTyping();
    },
  };
}

/** Who writes faster than the bot has messages answered that stand behind the next ones. */
function isBefore(
  asked: { index: number },
  history: readonly RecordedMessage[],
): (message: RecordedMessage) => boolean {
  const places = new Map(history.map(({ sid, index }) => [sid, index]));
  return ({ index, own, inReplyTo = '' }) =>
    index < asked.index || (own && (places.get(inReplyTo) ?? asked.index) < asked.index);
}

const asPast = ({ sid, body, author, index, attributes, own }: RecordedMessage): PastMessage => ({
  sid,
  body,
  author,
  index,
  attributes,
  own,
});
