import type { PendingMessage } from './pending.js';
import type { SessionClock } from './ports.js';

const UNSEEN_AFTER_MS = 2_000;

export interface UnseenWatch {
  look(): void;
  clear(): void;
}

/** Looks after messages that the service took and that no event has brought: reads them. */
export function createUnseenWatch(options: {
  clock: SessionClock;
  entries(): readonly PendingMessage[];
  /** Rejects when nothing could be read; it is tried again then. */
  readAfter(index: number): Promise<void>;
  /** These are not in the history even now: they were taken away again at once. */
  onMissing(cids: readonly string[]): void;
}): UnseenWatch {
  let cancel: (() => void) | null = null;
  // What is still being read when it is cleared is about a link, or a visitor, of before.
  let run = 0;
  const unseen = (): PendingMessage[] => options.entries().filter(({ state }) => state === 'sent');

  const look = (): void => {
    if (cancel || unseen().length === 0) return;
    cancel = options.clock.after(UNSEEN_AFTER_MS, () => {
      cancel = null;
      const waiting = unseen();
      if (waiting.length === 0) return;
      const from = Math.min(...waiting.map(({ index, after }) => (index === null ? after : index - 1)));
      const settle = (): void => {
        options.onMissing(waiting.filter(({ index }) => index !== null).map(({ cid }) => cid));
      };
      const mine = run;
      const unlessCleared = (next: () => void) => () => mine === run && next();
      options.readAfter(from).then(unlessCleared(settle), unlessCleared(look));
    });
  };

  return {
    look,
    clear() {
      run += 1;
      cancel?.();
      cancel = null;
    },
  };
}
