import { type CuttableWait, createCuttableWait } from '../cuttable-wait.js';
import type { Exclusive, SessionClock, SessionStorage } from '../ports.js';

const SETTLE_MS = 50;
/** What one tab stores is seen in the processes of others a little later, and no lock waits for that by itself. */
const LINGER_MS = 250;
/** Other tabs wait, too. */
const MOST_TURNS = 20;
/** A tab that was closed inside the lock never gives it back. */
const ABANDONED_MS = 60_000;
const RENEW_MS = 20_000;

/**
 * One tab at a time, by Web Locks. Where there are none (plain http, some partitioned frames) a mark in storage
 * does what it can: write, wait for others to write too, and go on only when the mark is still one's own. The caller has
 * its result at once; the lock is kept a moment longer, for the next tab to see what was stored under it.
 */
export function createExclusive(options: {
  /** May throw, and what it gives may reject: old browsers do so in partitioned frames. */
  locks(): LockManager | undefined;
  storage: SessionStorage;
  clock: SessionClock;
  newId(): string;
}): Exclusive {
  const { storage, clock } = options;
  const lines = new Map<string, Line>();

  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

  const marked = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const key = `${name}:mark`;
    const mine = options.newId();
    for (;;) {
      const holder = readMark(storage.read(key));
      // A mark from the future was made before the clock was put back: it would hold for as long.
      if (holder && Math.abs(clock.now() - holder.at) < ABANDONED_MS) {
        await pause(SETTLE_MS);
        continue;
      }
      storage.write(key, JSON.stringify({ id: mine, at: clock.now() }));
      await pause(SETTLE_MS);
      if (!storage.lasting || readMark(storage.read(key))?.id === mine) break;
    }
    // Files take as long as they take to upload.
    let stopRenewing = (): void => {};
    const renew = (): void => {
      stopRenewing = clock.after(RENEW_MS, () => {
        if (readMark(storage.read(key))?.id !== mine) return;
        storage.write(key, JSON.stringify({ id: mine, at: clock.now() }));
        renew();
      });
    };
    renew();
    try {
      return await work();
    } finally {
      stopRenewing();
      if (readMark(storage.read(key))?.id === mine) storage.remove(key);
    }
  };

  const locked = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    let entered = false;
    try {
      const locks = options.locks();
      if (locks) {
        return await locks.request(name, () => {
          entered = true;
          return work();
        });
      }
    } catch (error) {
      if (entered) throw error;
    }
    return marked(name, work);
  };

  const serve = async (line: Line): Promise<void> => {
    for (let served = 0; served < MOST_TURNS && line.turns.length > 0; served += 1) {
      await line.turns.shift()?.();
      // A turn of this tab sees what was stored before it: it need not wait.
      if (line.turns.length === 0) await line.lingering.wait(LINGER_MS);
    }
    if (line.turns.length > 0) await pause(LINGER_MS);
  };

  const serveAll = async (name: string, line: Line): Promise<void> => {
    while (line.turns.length > 0) await locked(name, () => serve(line)).catch(() => {});
    lines.delete(name);
  };

  return (name, work) =>
    new Promise((resolve, reject) => {
      const turn = async (): Promise<void> => {
        await work().then(resolve, reject);
      };
      const line = lines.get(name);
      if (line) {
        line.turns.push(turn);
        return line.lingering.end();
      }
      const begun = { turns: [turn], lingering: createCuttableWait(clock) };
      lines.set(name, begun);
      void serveAll(name, begun);
    });
}

/** The turns of this tab: two chats on a page are in one line, because a mark does not keep them apart. */
interface Line {
  turns: (() => Promise<void>)[];
  lingering: CuttableWait;
}

function readMark(text: string | null): { id: string; at: number } | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    if (typeof value !== 'object' || value === null || !('id' in value) || !('at' in value)) return null;
    return typeof value.id === 'string' && typeof value.at === 'number'
      ? { id: value.id, at: value.at }
      : null;
  } catch {
    return null;
  }
}
