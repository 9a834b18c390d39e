import { type BotContextOptions, createBotContext, repliesOf } from './bot-context.js';
import type { Bot, BotContext, BotReplies } from './bots/bot.js';

/** What asking a bot needs beside the question. */
export interface AskBotOptions extends Omit<BotContextOptions, 'signal'> {
  /** Milliseconds that the bot may take. */
  limitMs: number;
}

/**
 * Asks a bot and sends what it gives back. Turns of a conversation and a server that stops wait for the bot; one that
 * never answers must not keep them for ever, so it is given up after `limitMs`, and its context is closed to it.
 *
 * @throws Error with a sentence when the bot is too late, or whatever the bot or Twilio threw.
 */
export async function askBot(
  options: AskBotOptions,
  question: (bot: Bot, context: BotContext) => BotReplies | Promise<BotReplies>,
): Promise<void> {
  const { bot, limitMs } = options;
  const overdue = new AbortController();
  const context = createBotContext({ ...options, signal: overdue.signal });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const sentence = `The bot ${bot.identity} did not answer within ${limitMs / 1000} s. What it still says is dropped.`;
    timer = setTimeout(() => {
      const error = new Error(sentence);
      overdue.abort(error);
      reject(error);
    }, limitMs);
  });
  let given: BotReplies;
  try {
    given = await Promise.race([question(bot, context), late]);
  } finally {
    clearTimeout(timer);
  }
  for (const reply of repliesOf(given)) await context.reply(reply);
}
