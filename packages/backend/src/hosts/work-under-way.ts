/** Work that goes on after its call was answered. */
export interface WorkUnderWay {
  add(work: Promise<unknown>): void;
  /** Resolves when all of it is done, what was added meanwhile too, or after `limitMs`: to the number still running. */
  finished(limitMs: number): Promise<number>;
}

/** Keeps track of work, so that a server that stops finishes what it accepted. */
export function trackWork(): WorkUnderWay {
  const running = new Set<Promise<void>>();

  async function drained(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }

  return {
    add(work) {
      const settled = work.then(
        () => {},
        () => {},
      );
      running.add(settled);
      void settled.then(() => running.delete(settled));
    },
    async finished(limitMs) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limitMs);
      });
      await Promise.race([drained(), limit]);
      clearTimeout(timer);
      return running.size;
    },
  };
}
