/** One timer for all sockets: each is asked in turn whether its peer is still there. */
export interface KeepAlive {
  /** Asks this one at every sweep from now on, until the answer is called. */
  watch(check: () => void): () => void;
  stop(): void;
}

export function createKeepAlive(every: number): KeepAlive {
  const checks = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    watch(check) {
      checks.add(check);
      timer ??= setInterval(() => {
        for (const one of [...checks]) one();
      }, every);
      return () => {
        checks.delete(check);
        if (checks.size === 0) stop();
      };
    },
    stop,
  };
}
