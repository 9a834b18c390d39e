import type { RemoteMessage } from './connection.js';

/** What was heard while something was being read, or could not be placed yet: newer than what is read. */
export interface HeardMessages {
  add(message: RemoteMessage): void;
  remove(index: number): void;
  /** Ascending by index. */
  list(): RemoteMessage[];
  clear(): void;
  /** How many were let go so far, for there were more than are kept. */
  lost(): number;
}

/** Keeps the last `limit`. */
export function createHeardMessages(limit: number): HeardMessages {
  const heard = new Map<number, RemoteMessage>();
  let lost = 0;
  return {
    add(message) {
      const known = heard.get(message.index);
      if (known && known.updatedAt > message.updatedAt) return;
      heard.set(message.index, message);
      const [first] = heard.keys();
      if (heard.size <= limit || first === undefined) return;
      heard.delete(first);
      lost += 1;
    },
    remove: (index) => void heard.delete(index),
    list: () => [...heard.values()].sort((one, other) => one.index - other.index),
    clear: () => heard.clear(),
    lost: () => lost,
  };
}
