import type { SessionClock } from './ports.js';
import { type ChatSnapshot, emptySnapshot } from './snapshot.js';

export interface SnapshotStore {
  get(): ChatSnapshot;
  /** Listeners hear of it only when something is different. */
  set(next: ChatSnapshot): void;
  subscribe(listener: () => void): () => void;
}

export function createSnapshotStore(clock: SessionClock): SnapshotStore {
  let snapshot = emptySnapshot;
  const listeners = new Set<() => void>();

  return {
    get: () => snapshot,
    set(next) {
      const fields = Object.keys(next) as (keyof ChatSnapshot)[];
      if (fields.every((field) => next[field] === snapshot[field])) return;
      snapshot = next;
      for (const listener of [...listeners]) {
        try {
          listener();
        } catch (error) {
          // Half a change of ours must not be left undone for it; it comes to light as an error of the page.
          clock.after(0, () => {
            throw error;
          });
        }
      }
    },
    subscribe(listener) {
      // An own function each time: one listener may be given twice, and be taken back once.
      const call = (): void => listener();
      listeners.add(call);
      return () => void listeners.delete(call);
    },
  };
}
