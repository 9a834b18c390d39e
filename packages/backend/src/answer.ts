import { type BotLimits, saidWithinMinute } from './bot-limits.js';
import { type ConversationPlace, conversation, type RecordedMessage } from './bot-messages.js';
import type { Attributes } from './conversation-attributes.js';
import { createTurns } from './in-turn.js';
import type { Log } from './log.js';
import type { TwilioClient } from './twilio-client.js';

/** What a bot says in one turn: messages that are numbered, so that a turn which is run again knows what was said. */
export interface Answer {
  /** The number of the next message. */
  next(): number;
  /**
   * Sends the message of this number, unless it was sent whole before; one that was left growing gets this content.
   * One that may not be sent is logged and let go.
   */
  write(part: number, content: PartContent, marks?: { growing?: true; last?: true }): Promise<void>;
  /** How many more messages this answer may have. */
  room(): number;
  /** Resolves when everything that was asked for is written. */
  written(): Promise<void>;
}

/** One message's content. */
export type PartContent = { attributes?: Attributes | undefined } & (
  | { body: string }
  | { contentSid: string; contentVariables: string }
);

/** What an {@link Answer} is made of. */
export interface AnswerOptions {
  client: TwilioClient;
  place: ConversationPlace;
  botIdentity: string;
  /** The message that is answered; none for a welcome. */
  messageSid: string | undefined;
  history: readonly RecordedMessage[];
  limits: BotLimits;
  log: Log;
  now: () => number;
  signal: AbortSignal;
  /** Rejects where the bot may not speak any more. Asked before each new message. */
  stillOpen: () => Promise<void>;
  /** Called after each message that was sent. */
  sent: () => Promise<void>;
}

/** Twilio's limit for the text of a chat message. */
const MOST_BYTES = 32 * 1024;
/** What an answer's messages are known by. A bot's own attributes of these names are left out. */
const MARKS: ReadonlySet<string> = new Set(['inReplyTo', 'part', 'welcome', 'last', 'growing']);

/** The bot's messages of an earlier run of this turn, by their numbers. */
export function partsSaid(
  history: readonly RecordedMessage[],
  messageSid: string | undefined,
): ReadonlyMap<number, RecordedMessage> {
  const parts = new Map<number, RecordedMessage>();
  for (const message of history) {
    const { part, welcome } = message.attributes;
    const ofThisTurn = messageSid === undefined ? welcome === true : message.inReplyTo === messageSid;
    if (message.own && ofThisTurn && typeof part === 'number' && !parts.has(part)) parts.set(part, message);
  }
  return parts;
}

/** An answer by the REST API. */
export function createAnswer(options: AnswerOptions): Answer {
  const { client, place, botIdentity, messageSid, history, limits, log, now, signal } = options;
  const { conversationSid } = place;
  const there = conversation(client, place);
  const said = new Map(
    [...partsSaid(history, messageSid)].map(([part, { sid, attributes }]) => [
      part,
      { sid, growing: attributes.growing === true },
    ]),
  );
  const refused = new Set<number>();
  const inTurn = createTurns();
  let numbered = 0;
  let sentNow = 0;
  let warned = false;

  function mayBegin(part: number): boolean {
    const many = part >= limits.messagesPerAnswer;
    if (!many && saidWithinMinute(history, now()) + sentNow < limits.messagesPerMinute) return true;
    refused.add(part);
    if (!warned) {
      const outcome = many ? 'messages_per_answer' : 'messages_per_minute';
      log.warn(
        { event: 'bot_limit', outcome, conversationSid },
        'the bot says too much: the rest is dropped',
      );
    }
    warned = true;
    return false;
  }

  function isText(body: string, part: number): boolean {
    const bytes = Buffer.byteLength(body);
    if (body.trim() !== '' && bytes <= MOST_BYTES) return true;
    const outcome = bytes > MOST_BYTES ? 'too_long' : 'empty';
    log.warn(
      { event: 'bot_message', outcome, conversationSid, part, bytes },
      'the bot’s message is not sent',
    );
    return false;
  }

  async function write(part: number, content: PartContent, marks: object): Promise<void> {
    signal.throwIfAborted();
    const before = said.get(part);
    if ((before && !before.growing) || refused.has(part)) return;
    const { attributes: given, ...what } = content;
    const growing = 'growing' in marks;
    const sendable = !('body' in what) || isText(what.body, part);
    // A growing message whose last text is none keeps the one it has, and is finished.
    if (!sendable && (!before || growing)) return;
    const numbers = messageSid === undefined ? { welcome: true, part } : { inReplyTo: messageSid, part };
    const marked = { ...withoutMarks(given), ...numbers, ...marks };
    if (before && 'body' in what) {
      const body = sendable ? { body: what.body } : {};
      // Whoever shows it can tell a text that grew from one that somebody changed afterwards.
      const attributes = JSON.stringify({ ...marked, growing: false });
      await there.messages(before.sid).update(growing ? body : { ...body, attributes });
      said.set(part, { ...before, growing });
      return;
    }
    await options.stillOpen();
    if (before) await there.messages(before.sid).remove();
    else if (!mayBegin(part)) return;
    // Without `X-Twilio-Webhook-Enabled` it fires no webhook, so a bot cannot wake itself.
    const attributes = JSON.stringify(marked);
    const { sid } = await there.messages.create({ author: botIdentity, attributes, ...what });
    said.set(part, { sid, growing });
    sentNow += 1;
    await options.sent();
  }

  return {
    next: () => numbered++,
    write: (part, content, marks = {}) => inTurn('', () => write(part, content, marks)),
    room: () => Math.max(0, limits.messagesPerAnswer - numbered),
    written: () => inTurn('', () => Promise.resolve()),
  };
}

function withoutMarks(attributes: Attributes | undefined): Attributes {
  return Object.fromEntries(Object.entries(attributes ?? {}).filter(([name]) => !MARKS.has(name)));
}
