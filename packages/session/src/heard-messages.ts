import type { RemoteMessage } from './connection.js';

/** What was heard while something was being read, or could not be placed yet: newer than what is read. */
export interface HeardMessages {
  add(message: RemoteMessage): void;
  remove(index: number): void;
  /** Ascending by index. */
  list(): RemoteMessage[];
  clear(): void;
}

/** @param onLost there is more than `limit`: the one heard first is let go */
export function createHeardMessages(limit: number, onLost: () => void): HeardMessages {
  const heard = new Map<number, RemoteMessage>();
  return {
    add(message) {
      const known = heard.get(message.index);
      if (known && known.updatedAt > message.updatedAt) return;
      heard.set(message.index, message);
      const [first] = heard.keys();
      if (heard.size <= limit || first === undefined) return;
      heard.delete(first);
      onLost();
    },
    remove: (index) => void heard.delete(index),
    list: () => [...heard.values()].sort((one, other) => one.index - other.index),
    clear: () => heard.clear(),
  };
}
