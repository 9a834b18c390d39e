import type { SessionStorage } from '../ports.js';

export type StorageChoice = 'local' | 'session' | 'memory' | 'none';

/** Any access can throw: blocked by the visitor, a sandboxed frame, a full disk. None of it may reach the chat. */
export function createStorage(
  window: Pick<Window, 'localStorage' | 'sessionStorage'>,
  choice: StorageChoice,
): SessionStorage {
  if (choice === 'none') return { lasting: false, read: () => null, write() {}, remove() {}, keys: () => [] };
  const memory = new Map<string, string>();
  const area = choice === 'memory' ? null : usableArea(window, choice);
  // A browser may begin to refuse in the middle of a visit: what it does not give then was not taken away.
  let refuses = false;
  return {
    get lasting() {
      return area !== null && !refuses;
    },
    blocked: choice !== 'memory' && area === null,
    read(key) {
      // What could not be written (a full disk) is remembered here, and is newer than what is stored.
      const kept = memory.get(key);
      if (kept !== undefined || !area) return kept ?? null;
      try {
        const value = area.getItem(key);
        refuses = false;
        return value;
      } catch {
        refuses = true;
        return null;
      }
    },
    write(key, value) {
      memory.delete(key);
      try {
        if (area) return area.setItem(key, value);
      } catch {
        // Kept below.
      }
      memory.set(key, value);
    },
    remove(key) {
      memory.delete(key);
      try {
        area?.removeItem(key);
      } catch {
        // It cannot be read either.
      }
    },
    keys() {
      const keys = [...memory.keys()];
      try {
        // By place and not by property: a page may store anything under the name of a method.
        for (let place = 0; area && place < area.length; place += 1) keys.push(area.key(place) ?? '');
      } catch {
        // What cannot be read cannot be taken away either.
      }
      return keys;
    },
  };
}

/** Reading is enough to find out: nothing may be written before the visitor does something. */
function usableArea(
  window: Pick<Window, 'localStorage' | 'sessionStorage'>,
  choice: 'local' | 'session',
): Storage | null {
  try {
    const area = choice === 'local' ? window.localStorage : window.sessionStorage;
    area.getItem('conversations-web-chat');
    return area;
  } catch {
    return null;
  }
}
