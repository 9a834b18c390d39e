import { partsSaid } from './answer.js';
import { type BotContextOptions, createBotTurn } from './bot-context.js';
import { type BotLimits, consecutiveTurns, saidWithinMinute } from './bot-limits.js';
import { type ConversationPlace, conversation, type RecordedMessage, readHistory } from './bot-messages.js';
import { type Bot, type BotContext, type BotReplies, isVisitorName } from './bots/bot.js';
import { type Attributes, createConversationAttributes } from './conversation-attributes.js';
import { BotSilenced, isHandedOver, wasHandedOverBy } from './handover.js';
import type { InTurn } from './in-turn.js';
import type { Log } from './log.js';
import type { TwilioClient } from './twilio-client.js';
import { againWhileAway, type Wait } from './twilio-trouble.js';
import { readAttributes } from './webhook-events.js';

/** What every turn of a bot needs. */
export interface BotEngine {
  client: TwilioClient;
  bot: Bot;
  /** The address of the webhook that brings the bot its messages. */
  messageAddedUrl: string;
  /** Milliseconds that the bot may take. */
  limitMs: number;
  /** Milliseconds from the start of a turn within which the bot may be asked again where Twilio was away. */
  againWithinMs: number;
  limits: BotLimits;
  /** Turns of changes to conversations' attributes; not the turns of the bot. */
  attributesInTurn: InTurn;
  log: Log;
  now: () => number;
  wait: Wait;
}

/** What a bot is asked about. */
export interface BotTurnInput {
  place: ConversationPlace;
  /** The message to answer; none for a welcome. */
  message?: { sid: string; index: number };
  question: (bot: Bot, context: BotContext) => BotReplies | Promise<BotReplies>;
  /** Aborted when somebody of the staff spoke meanwhile. */
  silenced: AbortSignal;
  /** Refuses a message by what the history says of it. */
  accept?: (recorded: RecordedMessage | undefined) => boolean;
}

/** Bots that answer at once are spared the second look. */
const LOOK_AGAIN_MS = 1_000;

/**
 * One turn of a bot: asks it, and sends what it gives back. The conversation's history is the record: what was said in
 * an earlier run of this turn, by whichever process, is not said again, and what is missing is. So a turn that failed
 * since Twilio was away for a moment is run again here.
 *
 * @throws Error with a sentence when the bot is too late, or whatever the bot or Twilio threw.
 */
export async function askBot(engine: BotEngine, input: BotTurnInput): Promise<void> {
  const { againWithinMs, limitMs } = engine;
  let first = true;
  const again = {
    ...engine,
    withinMs: againWithinMs,
    signal: input.silenced,
    event: input.message ? 'bot_answer' : 'welcome',
    conversationSid: input.place.conversationSid,
  };
  try {
    await againWhileAway(again, (leftMs) => {
      const ms = first ? limitMs : Math.min(limitMs, leftMs);
      first = false;
      return tryTurn({ ...engine, limitMs: ms }, input);
    });
  } catch (error) {
    if (!(error instanceof BotSilenced)) throw error;
    const { outcome, message } = error;
    const { conversationSid } = input.place;
    const messageSid = input.message?.sid;
    engine.log.info({ event: 'bot_silenced', outcome, conversationSid, messageSid }, message);
  }
}

async function tryTurn(engine: BotEngine, input: BotTurnInput): Promise<void> {
  const { client, bot, now } = engine;
  const { place, message, question, silenced, accept } = input;
  const [{ attributes, state }, history] = await Promise.all([
    conversation(client, place).fetch(),
    readHistory(client, place, bot.identity, message?.index ?? 0),
  ]);
  const known = readAttributes(attributes);
  if (state === 'closed' || !isOpenTo(known, message) || isAnswered(history, message)) return;
  if (isHandedOver(known) && hasColleagueSpoken(history, message)) return;
  if (accept && !accept(history.find(({ sid }) => sid === message?.sid))) return;
  if (message && saysTooMuch(engine, input, history)) return;

  const over = new AbortController();
  let lookedAt = now();
  /** Another server may have been told of a colleague. One more look for each second that the bot takes. */
  async function stillOpen(): Promise<void> {
    if (now() - lookedAt < LOOK_AGAIN_MS) return;
    lookedAt = now();
    const current = await conversation(client, place).fetch();
    const closed = current.state === 'closed';
    if (!closed && isOpenTo(readAttributes(current.attributes), message)) return;
    // For the rest of the turn, whatever the bot makes of this failure.
    over.abort(new BotSilenced(closed ? 'ended' : 'taken_over'));
    throw over.signal.reason;
  }

  const signal = AbortSignal.any([over.signal, silenced]);
  const turn = createBotTurn({
    ...engine,
    place,
    history,
    signal,
    stillOpen,
    attributes: createConversationAttributes({ client, place, inTurn: engine.attributesInTurn, known }),
    ...(message && { message }),
  } satisfies BotContextOptions);
  try {
    await turn.finish(await inTime(engine, over, signal, () => question(bot, turn.context)));
    const { conversationSid } = place;
    engine.log.info(
      {
        event: message ? 'bot_answer' : 'welcome',
        outcome: 'answered',
        conversationSid,
        messageSid: message?.sid,
      },
      'the bot answered',
    );
  } finally {
    const sentence = `The bot ${bot.identity} acted after its answer was over. It has to wait for what it does.`;
    over.abort(new Error(sentence));
    await turn.close();
  }
}

/** People have taken over, unless the bot itself gave the conversation to them in this very turn. */
function isOpenTo(attributes: Attributes, message: BotTurnInput['message']): boolean {
  return !isHandedOver(attributes) || wasHandedOverBy(attributes, message?.sid);
}

/** Whether somebody of the staff has written since: then nothing is left of the bot's answer to finish. */
function hasColleagueSpoken(history: readonly RecordedMessage[], message: BotTurnInput['message']): boolean {
  const from = message?.index ?? -1;
  return history.some(({ index, own, author }) => index > from && !own && !isVisitorName(author));
}

function isAnswered(history: readonly RecordedMessage[], message: BotTurnInput['message']): boolean {
  const said = [...partsSaid(history, message?.sid).values()];
  if (said.some(({ attributes }) => attributes.last === true)) return true;
  // What a bot said first before its messages were numbered.
  return (
    !message &&
    history.some(({ own, inReplyTo, attributes }) => own && inReplyTo === undefined && !attributes.welcome)
  );
}

/** Whether a loop, or a visitor who writes faster than anybody reads, is cut off before the bot is asked. */
function saysTooMuch(engine: BotEngine, input: BotTurnInput, history: readonly RecordedMessage[]): boolean {
  const { limits, log, now } = engine;
  const { place, message } = input;
  // An answer that was begun is finished.
  if (partsSaid(history, message?.sid).size > 0) return false;
  const outcome =
    consecutiveTurns(history) >= limits.consecutiveTurns
      ? 'consecutive_turns'
      : saidWithinMinute(history, now()) >= limits.messagesPerMinute
        ? 'messages_per_minute'
        : undefined;
  if (outcome === undefined) return false;
  const { conversationSid } = place;
  log.warn(
    { event: 'bot_limit', outcome, conversationSid, messageSid: message?.sid },
    'the bot is not asked',
  );
  return true;
}

/**
 * What the bot gives back. Turns of a conversation and a server that stops wait for the bot; one that never answers
 * must not keep them for ever, so it is given up after its time, and its context is closed to it.
 */
async function inTime<T>(
  { bot, limitMs }: BotEngine,
  over: AbortController,
  signal: AbortSignal,
  ask: () => T | Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const timer = setTimeout(() => {
    const sentence = `The bot ${bot.identity} did not answer within ${limitMs / 1000} s. What it still says is dropped.`;
    over.abort(new Error(sentence));
  }, limitMs);
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    // A bot that throws at once is caught here too, or nobody would listen to what `stopped` says later.
    return await Promise.race([Promise.resolve().then(ask), stopped]);
  } finally {
    clearTimeout(timer);
  }
}
