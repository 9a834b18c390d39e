/** How much a bot may say, so that a loop or a joker does not fill a conversation or spend the budget. */
export interface BotLimits {
  /** Messages in answer to one message. Default 5. */
  messagesPerAnswer: number;
  /** The bot's messages in one conversation within a minute. Default 10. */
  messagesPerMinute: number;
  /** Answers one after the other with no visitor's message between them. Default 5. */
  consecutiveTurns: number;
}

/** What holds where a backend is not told otherwise. */
export const BOT_LIMITS: BotLimits = { messagesPerAnswer: 5, messagesPerMinute: 10, consecutiveTurns: 5 };

/** What the deciders look at of the bot's and others' messages, oldest first. */
export interface Said {
  own: boolean;
  /** The SID of the message that it answers, where it says so. */
  inReplyTo: string | undefined;
  /** Unix milliseconds. */
  at: number;
}

const MINUTE_MS = 60_000;

/** The bot's messages of the last minute. */
export function saidWithinMinute(history: readonly Said[], now: number): number {
  return history.filter(({ own, at }) => own && at > now - MINUTE_MS).length;
}

/** How many answers the conversation ends with. Messages that answer one message are one answer. */
export function consecutiveTurns(history: readonly Said[]): number {
  const answered = new Set<string>();
  for (const { own, inReplyTo } of [...history].reverse()) {
    if (!own) break;
    if (inReplyTo !== undefined) answered.add(inReplyTo);
  }
  return answered.size;
}
