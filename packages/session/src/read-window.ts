import type { RemoteConversation, RemotePage } from './connection.js';
import { type MessageWindow, windowReplaced } from './message-window.js';

/** Twilio gives no more at once. */
const LARGEST_PAGE = 100;

/** What is read again: what it held is asked for anew each time, for it changes while pages are on their way. */
interface ReadAgain {
  window(): MessageWindow;
  limit: number;
}

/** The last of a conversation, back to where the window begins as far as it holds that. */
export async function readBack(
  from: RemoteConversation,
  { window, limit, pageSize, onlyFirst }: ReadAgain & { pageSize: number; onlyFirst: boolean },
): Promise<MessageWindow> {
  const wanted = window().hasNewer ? 0 : window().transcript.messages.length;
  let page = await from.page(Math.max(pageSize, Math.min(wanted, LARGEST_PAGE)));
  let { messages } = page;
  while (wanted > 0 && !onlyFirst && page.hasOlder && messages.length < limit) {
    const first = messages[0]?.index ?? 0;
    if (first <= window().from) break;
    page = await from.page(LARGEST_PAGE, first);
    messages = [...page.messages, ...messages];
  }
  return windowReplaced(window(), messages, { hasOlder: page.hasOlder, hasNewer: false }, limit);
}

/** As many messages as there were, from where they began: that reaches at least as far as they did. */
export async function readSame(
  from: RemoteConversation,
  { window, limit }: ReadAgain,
): Promise<MessageWindow> {
  const count = Math.max(1, window().transcript.messages.length);
  const messages = await from.after(window().from - 1, count);
  const edges = { hasOlder: window().hasOlder, hasNewer: messages.length === count };
  return windowReplaced(window(), messages, edges, limit);
}

/**
 * The end, on a connection that may not know by itself where that is: only what follows a message is asked for.
 *
 * @param options.lost how much of what came meanwhile was not kept; it is read then
 */
export async function readEnd(
  from: RemoteConversation,
  { limit, pageSize, lost }: { limit: number; pageSize: number; lost(): number },
): Promise<RemotePage> {
  let { messages, hasOlder } = await from.page(pageSize);
  for (let more = limit, before = -1; more === limit || lost() !== before; ) {
    before = lost();
    const next = await from.after(messages.at(-1)?.index ?? -1, limit);
    more = next.length;
    hasOlder ||= messages.length + more > limit;
    messages = [...messages, ...next].slice(-limit);
  }
  return { messages, hasOlder };
}
