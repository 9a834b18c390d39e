import type { RemoteMessage } from './connection.js';
import type { HistoryState } from './history.js';

/**
 * Counts what others wrote after the last message that was seen. Indexes have gaps, so that they are never subtracted:
 * what has been heard of is counted, and of what has not been read yet the service says how many there are.
 */
export interface UnreadCount {
  count(readTo: number): number;
  heard(messages: readonly RemoteMessage[]): void;
  removed(index: number): void;
  /**
   * The history is complete up to now. Asks how many messages follow `readTo` if some of them have not been read yet.
   */
  live(readTo: number): void;
  clear(): void;
}

export function createUnreadCount(options: {
  history(): HistoryState;
  isOwn(identity: string): boolean;
  /** Messages of anybody that the service has after what it knows as read; rejects when it cannot be asked. */
  ask(): Promise<number>;
  onChange(): void;
}): UnreadCount {
  const { history, isOwn } = options;
  /** Messages by index, and whether they are somebody else's. Those that were read are forgotten. */
  let messages = new Map<number, boolean>();
  /** All from here on are known. */
  let from = Number.POSITIVE_INFINITY;
  /** So many more, before `askedFrom`, were not known when the service was asked. */
  let unknown = 0;
  let askedFrom = 0;
  let term = 0;

  const hear = (list: readonly RemoteMessage[]): void => {
    for (const { index, author } of list) messages.set(index, !isOwn(author));
  };
  const look = (): void => {
    const { loaded, hasOlder, transcript } = history();
    const oldest = hasOlder ? (transcript.messages[0]?.index ?? from) : 0;
    if (loaded) from = Math.min(from, oldest);
  };
  const countOf = (readTo: number, fits: (index: number, others: boolean) => boolean): number => {
    let count = 0;
    for (const [index, others] of messages) {
      if (index <= readTo) messages.delete(index);
      else if (fits(index, others)) count += 1;
    }
    return count;
  };

  return {
    count(readTo) {
      const { loaded, transcript } = history();
      // What is remembered from the last visit is all there is yet.
      if (!loaded) hear(transcript.messages);
      look();
      const known = countOf(readTo, (_, others) => others);
      if (unknown === 0 || readTo + 1 >= from) return known;
      return known + Math.max(0, unknown - countOf(readTo, (index) => index < askedFrom));
    },
    heard: hear,
    removed: (index) => void messages.delete(index),
    live(readTo) {
      const { transcript, hasNewer, loaded } = history();
      // In the middle of a long history nothing is known about its end that was not heard.
      if (hasNewer || !loaded) return;
      term += 1;
      const mine = term;
      messages = new Map();
      hear(transcript.messages);
      from = Number.POSITIVE_INFINITY;
      unknown = 0;
      look();
      if (readTo + 1 >= from) return;
      const first = from;
      const before = countOf(readTo, () => true);
      options.ask().then(
        (count) => {
          if (mine !== term) return;
          unknown = Math.max(0, count - before);
          askedFrom = first;
          if (unknown > 0) options.onChange();
        },
        // A badge that is too small until the next connection is not worth a second question.
        () => {},
      );
    },
    clear() {
      term += 1;
      messages = new Map();
      from = Number.POSITIVE_INFINITY;
      unknown = 0;
    },
  };
}
