import { createStore, del, delMany, get, keys, set } from 'idb-keyval';
import type { FileContent } from '../connection.js';
import { createMemoryFiles } from '../memory-files.js';
import type { FileStore } from '../ports.js';

const DATABASE = 'conversations-web-chat';

/**
 * Contents of files in a database of our own, which all tabs of the origin share. Where there is none, or no room in
 * it, they stay in this page's memory. Opened only when there is a file to keep or to look for.
 *
 * @param lasting false keeps them in memory alone
 */
export function createFileStore(lasting: boolean): FileStore {
  const memory = createMemoryFiles();
  if (!lasting) return memory;
  const place = createStore(DATABASE, 'files');
  let written = false;

  return {
    async write(key, content) {
      written = true;
      try {
        await set(key, content, place);
        return true;
      } catch {
        return memory.write(key, content);
      }
    },
    async read(key) {
      const kept = await memory.read(key);
      if (kept) return kept;
      // It cannot be known who wrote it.
      const found: unknown = await get(key, place).catch(() => null);
      return isContent(found) ? found : null;
    },
    async remove(key) {
      await memory.remove(key);
      await del(key, place).catch(() => {});
    },
    async clear(prefix) {
      await memory.clear(prefix);
      try {
        // To look into a database would make it, on a page that never had a file.
        const there = written ? null : await indexedDB.databases?.();
        if (there && !there.some(({ name }) => name === DATABASE)) return;
        const all = await keys(place);
        const ours = all.filter((key) => typeof key === 'string' && key.startsWith(prefix));
        if (ours.length > 0) await delMany(ours, place);
      } catch {
        // What cannot be opened holds nothing that could be read.
      }
    },
  };
}

function isContent(found: unknown): found is FileContent {
  return typeof Blob === 'function' && found instanceof Blob;
}
