import type { RemoteMessage } from './connection.js';
import {
  emptyTranscript,
  messageArrived,
  messageRemoved,
  messagesArrived,
  sameMessage,
  type Transcript,
} from './transcript.js';

/**
 * The part of a conversation that is held in memory: plain data and pure transitions. It moves along a conversation of
 * any length, never holds more than `limit` messages, and never shows two messages as neighbours between which one is
 * missing.
 */
export interface MessageWindow {
  readonly transcript: Transcript;
  /** Nothing is missing between these two indexes, both included; an empty one ends before it begins. */
  readonly from: number;
  readonly to: number;
  readonly hasOlder: boolean;
  /** It ends before the newest message. */
  readonly hasNewer: boolean;
}

export const emptyWindow: MessageWindow = {
  transcript: emptyTranscript,
  from: 0,
  to: -1,
  hasOlder: false,
  hasNewer: false,
};

export function isWithin(window: MessageWindow, index: number): boolean {
  return index >= window.from && index <= window.to;
}

/**
 * Another stretch in place of what was held, as the service has it now. It holds against whatever was here before, and
 * keeps the identity of what is the same.
 */
export function windowReplaced(
  window: MessageWindow,
  messages: readonly RemoteMessage[],
  edges: { hasOlder: boolean; hasNewer: boolean },
  limit: number,
): MessageWindow {
  const { removed, messages: before } = window.transcript;
  const known = new Map(before.map((message) => [message.index, message]));
  const kept = messages
    .filter(({ index }) => !removed.has(index))
    .map((message) => {
      const old = known.get(message.index);
      return old && sameMessage(old, message) ? old : message;
    });
  const from = edges.hasOlder ? (messages[0]?.index ?? window.from) : 0;
  const to = messages.at(-1)?.index ?? from - 1;
  return withoutOldest({ transcript: { messages: kept, removed }, from, to, ...edges }, limit);
}

/** The page before it: what is too many then goes at the other end. */
export function olderArrived(
  window: MessageWindow,
  page: { messages: readonly RemoteMessage[]; hasOlder: boolean },
  limit: number,
): MessageWindow {
  const transcript = messagesArrived(window.transcript, page.messages);
  const hasOlder = page.hasOlder && page.messages.length > 0;
  const from = hasOlder ? (page.messages[0]?.index ?? window.from) : 0;
  const last = transcript.messages[limit - 1];
  if (last === undefined || transcript.messages.length === limit)
    return { ...window, transcript, from, hasOlder };
  const messages = transcript.messages.slice(0, limit);
  return { transcript: { ...transcript, messages }, from, to: last.index, hasOlder, hasNewer: true };
}

/** What follows it without a hole, or is part of it. */
export function newerArrived(
  window: MessageWindow,
  messages: readonly RemoteMessage[],
  hasNewer: boolean,
  limit: number,
): MessageWindow {
  const part = messages.filter(({ index }) => index >= window.from);
  const transcript = messagesArrived(window.transcript, part);
  const to = Math.max(window.to, messages.at(-1)?.index ?? -1);
  if (transcript === window.transcript && to === window.to && hasNewer === window.hasNewer) return window;
  return withoutOldest({ ...window, transcript, to, hasNewer }, limit);
}

/** What is known of messages inside it; others are none of its business. */
export function knownArrived(window: MessageWindow, messages: readonly RemoteMessage[]): MessageWindow {
  const transcript = messages
    .filter(({ index }) => isWithin(window, index))
    .reduce(messageArrived, window.transcript);
  return transcript === window.transcript ? window : { ...window, transcript };
}

export function windowRemoved(window: MessageWindow, index: number, limit: number): MessageWindow {
  const transcript = messageRemoved(window.transcript, index);
  if (transcript === window.transcript) return window;
  const [oldest] = transcript.removed;
  if (transcript.removed.size <= limit || oldest === undefined) return { ...window, transcript };
  // Kept against a copy that is still on its way, which none is for so long.
  const removed = new Set(transcript.removed);
  removed.delete(oldest);
  return { ...window, transcript: { ...transcript, removed } };
}

/** At most `limit` messages, up to the newest. */
export function withoutOldest(window: MessageWindow, limit: number): MessageWindow {
  const { transcript } = window;
  if (transcript.messages.length <= limit) return window;
  const messages = transcript.messages.slice(-limit);
  const from = messages[0]?.index ?? window.from;
  return { ...window, transcript: { ...transcript, messages }, from, hasOlder: true };
}
