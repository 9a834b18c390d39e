import { setTimeout as pause } from 'node:timers/promises';
import { errorFacts } from './errors.js';
import type { Log } from './log.js';
import { createRecent } from './recent.js';

/**
 * Remembers which deliveries are being acted on and which are done. A shortcut only: what a conversation's history
 * says counts more, so an implementation may forget, and one that cannot be reached is done without.
 */
export interface SeenDeliveries {
  /**
   * Takes a delivery for `leaseMs` milliseconds. `taken`: it is the caller's; `busy`: somebody else is at it, and has
   * been for less than the lease; `done`: it was finished.
   */
  take(id: string, leaseMs: number): Promise<'taken' | 'busy' | 'done'>;
  /** Marks a delivery as finished. It is remembered for a quarter of an hour at least. */
  finish(id: string): Promise<void>;
  /** Gives a delivery back, so that it may be taken again at once. */
  release(id: string): Promise<void>;
}

/** A server's own memory; what it holds is gone with the process, and so is whoever was at work. */
export function createMemorySeenDeliveries(capacity = 10_000): SeenDeliveries {
  const done = createRecent(capacity);
  const busy = new Set<string>();
  return {
    take(id) {
      if (done.has(id)) return Promise.resolve('done');
      if (busy.has(id)) return Promise.resolve('busy');
      busy.add(id);
      return Promise.resolve('taken');
    },
    finish(id) {
      busy.delete(id);
      done.add(id);
      return Promise.resolve();
    },
    release(id) {
      busy.delete(id);
      return Promise.resolve();
    },
  };
}

/** How often it is looked whether somebody else is finished. */
const LOOK_MS = 250;

/**
 * Runs `work` unless the delivery is done. While somebody else is at it, it is waited for: whoever has a delivery may
 * be killed, and then it is ours. Resolves to whether the work was done here; rejects with what the work threw.
 */
export async function onceDelivered(
  options: { seen: SeenDeliveries; leaseMs: number; log: Log; wait?: (ms: number) => Promise<unknown> },
  id: string,
  work: () => Promise<void>,
): Promise<boolean> {
  const { seen, leaseMs, log, wait = pause } = options;
  const reached = async <T>(asked: Promise<T>, without: T): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      log.warn(
        { event: 'seen_deliveries', outcome: 'failed', ...errorFacts(error) },
        'done without the shared memory',
      );
      return without;
    }
  };

  for (let waited = 0; ; waited += LOOK_MS) {
    const verdict = await reached(seen.take(id, leaseMs), 'taken');
    if (verdict === 'done') return false;
    // A lease ends by itself; one that never does must not keep the delivery for ever.
    if (verdict === 'taken' || waited >= leaseMs) break;
    await wait(LOOK_MS);
  }
  try {
    await work();
  } catch (error) {
    await reached(seen.release(id), undefined);
    throw error;
  }
  await reached(seen.finish(id), undefined);
  return true;
}
