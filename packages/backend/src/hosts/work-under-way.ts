/** Work that goes on after its call was answered. */
export interface WorkUnderWay {
  add(work: Promise<void>): void;
  /** Resolves when all of it is done, and what was added meanwhile too. */
  finished(): Promise<void>;
}

/** Keeps track of work, so that a server that stops finishes what it accepted. */
export function trackWork(): WorkUnderWay {
  const running = new Set<Promise<void>>();
  return {
    add(work) {
      const settled = work.then(
        () => {},
        () => {},
      );
      running.add(settled);
      void settled.then(() => running.delete(settled));
    },
    async finished() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
