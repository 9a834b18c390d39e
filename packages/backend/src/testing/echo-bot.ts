import { type Bot, defineBot } from '../bots/bot.js';

/** Remembers nothing, so that it can be bundled into Functions and still be the same bot. */
export const bot: Bot = defineBot({
  identity: 'echo',
  onConversationAdded: () => 'Hello',
  onMessageAdded: ({ body }) => `You said: ${body}`,
});
