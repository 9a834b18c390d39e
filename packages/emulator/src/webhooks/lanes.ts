/**
 * Work in order along each lane, and side by side across lanes: what is slow on one lane holds nobody else up.
 */
export interface Lanes {
  add(lane: string, work: () => Promise<void>): void;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
  /** Drops what has not begun and answers how much that was; what runs goes on. */
  clear(): number;
}

/** `work` deals with its own failures: a rejection would leave its lane stuck, so it is swallowed here. */
export function createLanes(): Lanes {
  const waiting = new Map<string, (() => Promise<void>)[]>();
  let whenIdle: (() => void)[] = [];

  const run = async (lane: string, queue: (() => Promise<void>)[]): Promise<void> => {
    for (let work = queue.shift(); work; work = queue.shift()) await work().catch(() => undefined);
    waiting.delete(lane);
    if (waiting.size > 0) return;
    const resolvers = whenIdle;
    whenIdle = [];
    for (const resolve of resolvers) resolve();
  };

  return {
    add(lane, work) {
      const queue = waiting.get(lane);
      if (queue) {
        queue.push(work);
        return;
      }
      const begun = [work];
      waiting.set(lane, begun);
      void run(lane, begun);
    },
    idle: () =>
      waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => void whenIdle.push(resolve)),
    clear() {
      let dropped = 0;
      for (const queue of waiting.values()) dropped += queue.splice(0).length;
      return dropped;
    },
  };
}
