import type { RemoteMessage } from './connection.js';
import type { PendingMessage } from './pending.js';
import type { RichContent } from './rich-content.js';
import { pendingMedia, shownMedia } from './shown-media.js';
import type { ChatMessage, ChatRole } from './snapshot.js';

/**
 * What is known of a conversation's messages: plain data and pure transitions. Events may come late, twice and in
 * any order, and pages overlap; the same set of facts always gives the same transcript.
 */
export interface Transcript {
  /** Ascending by index; gaps are normal. */
  readonly messages: readonly RemoteMessage[];
  /** Indexes are never used twice, so that a removed one stays removed however late its message arrives. */
  readonly removed: ReadonlySet<number>;
}

export const emptyTranscript: Transcript = { messages: [], removed: new Set() };

export function messageArrived(transcript: Transcript, message: RemoteMessage): Transcript {
  if (transcript.removed.has(message.index)) return transcript;
  const { messages } = transcript;
  const place = placeOf(messages, message.index);
  const known = messages[place];
  if (known?.index === message.index) {
    if (known.updatedAt > message.updatedAt || sameMessage(known, message)) return transcript;
    return { ...transcript, messages: [...messages.slice(0, place), message, ...messages.slice(place + 1)] };
  }
  return { ...transcript, messages: [...messages.slice(0, place), message, ...messages.slice(place)] };
}

export function messagesArrived(transcript: Transcript, messages: readonly RemoteMessage[]): Transcript {
  return messages.reduce(messageArrived, transcript);
}

export function messageRemoved(transcript: Transcript, index: number): Transcript {
  if (transcript.removed.has(index)) return transcript;
  return {
    messages: transcript.messages.filter((message) => message.index !== index),
    removed: new Set(transcript.removed).add(index),
  };
}

export function newestIndex(transcript: Transcript): number {
  return transcript.messages.at(-1)?.index ?? -1;
}

export function clientIdOf(attributes: unknown): string | null {
  if (typeof attributes !== 'object' || attributes === null || !('cid' in attributes)) return null;
  return typeof attributes.cid === 'string' && attributes.cid !== '' ? attributes.cid : null;
}

/**
 * The list a user interface shows: by index, then what is still on its way. One own client id is one bubble, even
 * where a broken link made the service store the text twice. Unchanged entries of `before` are kept as they are.
 */
export function shownMessages(
  transcript: Transcript,
  pending: readonly PendingMessage[],
  who: {
    identity: string;
    roleOf(author: string): ChatRole;
    /** Rich content, and what was chosen of it, by SID. */
    contents?: ReadonlyMap<string, RichContent | null>;
    choices?: ReadonlyMap<string, string>;
  },
  before: readonly ChatMessage[],
): readonly ChatMessage[] {
  const shown: ChatMessage[] = [];
  const delivered = new Set<string>();
  const chosen = new Map(pending.map(({ choice }) => [choice?.inReplyTo, choice?.id]));
  for (const message of transcript.messages) {
    const role = who.roleOf(message.author);
    const own = role === 'visitor';
    const cid = own ? clientIdOf(message.attributes) : null;
    if (cid !== null) {
      // Under whichever of the visitor's identities. Others may repeat their attributes, and are not swallowed.
      if (delivered.has(cid)) continue;
      delivered.add(cid);
    }
    const { sid, index, author, body, at, edited } = message;
    shown.push({
      key: cid ?? sid,
      sid,
      index,
      author,
      role,
      own,
      body,
      at,
      state: 'sent',
      error: null,
      edited,
      media: message.media.map(shownMedia),
      content: who.contents?.get(sid) ?? null,
      chosen: who.choices?.get(sid) ?? chosen.get(sid) ?? null,
    });
  }
  const waiting: ChatMessage[] = [];
  for (const { cid, index, body, at, state, error, files } of pending) {
    if (delivered.has(cid)) continue;
    if (index !== null && transcript.removed.has(index)) continue;
    const bubble: ChatMessage = {
      key: cid,
      sid: null,
      index,
      author: who.identity,
      role: 'visitor',
      own: true,
      body,
      at,
      state: state === 'queued' ? 'sending' : state,
      error,
      edited: false,
      media: files.map(pendingMedia),
      content: null,
      chosen: null,
    };
    if (index === null) {
      waiting.push(bubble);
      continue;
    }
    const place = placeOf(shown, index);
    // The stored copy may have lost its attributes on the way; its index says the same.
    if (shown[place]?.index !== index) shown.splice(place, 0, bubble);
  }
  return keepUnchanged([...shown, ...waiting], before);
}

/** Where `index` is or belongs in a list that ascends by index. */
function placeOf(list: readonly { index: number | null }[], index: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.index ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function sameMessage(one: RemoteMessage, other: RemoteMessage): boolean {
  return (
    one.sid === other.sid &&
    one.author === other.author &&
    one.body === other.body &&
    one.at === other.at &&
    one.updatedAt === other.updatedAt &&
    one.edited === other.edited &&
    one.contentSid === other.contentSid &&
    sameList(one.media, other.media) &&
    clientIdOf(one.attributes) === clientIdOf(other.attributes)
  );
}

function keepUnchanged(list: ChatMessage[], before: readonly ChatMessage[]): readonly ChatMessage[] {
  const known = new Map(before.map((message) => [message.key, message]));
  let same = list.length === before.length;
  const kept = list.map((message, place) => {
    const old = known.get(message.key);
    const result = old && equalBubbles(old, message) ? old : message;
    if (result !== before[place]) same = false;
    return result;
  });
  return same ? before : kept;
}

function equalBubbles(one: ChatMessage, other: ChatMessage): boolean {
  return (
    one.sid === other.sid &&
    one.index === other.index &&
    one.author === other.author &&
    one.own === other.own &&
    one.body === other.body &&
    one.at === other.at &&
    one.state === other.state &&
    one.error === other.error &&
    one.edited === other.edited &&
    one.role === other.role &&
    one.content === other.content &&
    one.chosen === other.chosen &&
    sameList(one.media, other.media)
  );
}

/** Of flat objects, told apart by what is in them. */
function sameList(one: readonly object[], other: readonly object[]): boolean {
  if (one === other) return true;
  return one.length === other.length && JSON.stringify(one) === JSON.stringify(other);
}
