import { ConnectionError, type RemoteConversation, type RemoteMessage } from './connection.js';
import type { ChatMessage } from './snapshot.js';

/** Twilio gives no more at once. */
const PAGE = 100;

/** Every message that the service has, oldest first, page by page: what is shown stays where it is. */
export async function* readAll(
  conversation: RemoteConversation | null,
  show: (messages: readonly RemoteMessage[]) => readonly ChatMessage[],
): AsyncGenerator<readonly ChatMessage[], void, undefined> {
  if (!conversation) throw new ConnectionError('not_sent', 'There is no conversation to read.');
  const own = new Set<string>();
  for (let after = -1, count = PAGE; count === PAGE; ) {
    const messages = await conversation.after(after, PAGE);
    count = messages.length;
    after = messages.at(-1)?.index ?? after;
    // A text that a broken line made the service store twice, on two pages.
    const page = show(messages).filter((message) => !message.own || !own.has(message.key));
    for (const message of page) if (message.own) own.add(message.key);
    if (page.length > 0) yield page;
  }
}
