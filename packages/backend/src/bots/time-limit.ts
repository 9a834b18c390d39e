import type { Bot } from './bot.js';

/**
 * The same bot, whose answers fail when they take longer than `limitMs`. Turns of a conversation and a server that
 * stops wait for the bot; one that never answers must not keep them for ever.
 */
export function withTimeLimit(bot: Bot, limitMs: number): Bot {
  async function inTime<T>(answer: () => T | Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const sentence = `The bot ${bot.identity} did not answer within ${limitMs / 1000} s. What it still says is dropped.`;
      timer = setTimeout(() => reject(new Error(sentence)), limitMs);
    });
    try {
      return await Promise.race([answer(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  const { onConversationAdded } = bot;
  return {
    identity: bot.identity,
    ...(onConversationAdded && {
      onConversationAdded: (context) => inTime(() => onConversationAdded.call(bot, context)),
    }),
    onMessageAdded: (message, context) => inTime(() => bot.onMessageAdded(message, context)),
  };
}
