/** npm hands on the Ctrl+C that the terminal has given us already: what comes this soon is the same keypress. */
const SAME_KEYPRESS_MS = 1_000;

interface StopSources {
  /** Where signals come from: the process. */
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/**
 * Listens for Ctrl+C and its like from now on, so that a start can be stopped too. The first aborts the signal that is
 * returned; whoever asks once more calls `insist`.
 */
export function listenForStop(sources: StopSources, now: () => number, insist: () => void): AbortSignal {
  const stop = new AbortController();
  let asked: number | undefined;
  const ask = (): void => {
    if (asked === undefined) {
      asked = now();
      stop.abort();
    } else if (now() - asked >= SAME_KEYPRESS_MS) {
      insist();
    }
  };
  sources.on('SIGINT', ask);
  sources.on('SIGTERM', ask);
  return stop.signal;
}
