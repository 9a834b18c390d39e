import type { Bot, BotMessage } from '../bots/bot.js';

/** A bot that answers each message with its text, and keeps what it was asked. */
export function parrot(changes: Partial<Bot> = {}): Bot & { asked: BotMessage[] } {
  const asked: BotMessage[] = [];
  return {
    asked,
    identity: 'parrot',
    onMessageAdded(message) {
      asked.push(message);
      return [`${message.body}!`];
    },
    ...changes,
  };
}
