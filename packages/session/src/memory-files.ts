import type { FileContent } from './connection.js';
import type { FileStore } from './ports.js';

/** Keeps contents for as long as the page lives. */
export function createMemoryFiles(): FileStore {
  const contents = new Map<string, FileContent>();
  return {
    async write(key, content) {
      contents.set(key, content);
      return false;
    },
    read: async (key) => contents.get(key) ?? null,
    remove: async (key) => void contents.delete(key),
    async clear(prefix) {
      for (const key of [...contents.keys()]) if (key.startsWith(prefix)) contents.delete(key);
    },
  };
}
