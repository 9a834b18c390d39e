import type { SessionClock } from './ports.js';

/** A wait that somebody else can end: one at a time. */
export interface CuttableWait {
  /** Resolves after `ms`, or when it is ended; `null` waits for that alone. */
  wait(ms: number | null): Promise<void>;
  end(): void;
}

export function createCuttableWait(clock: SessionClock): CuttableWait {
  let end = (): void => {};
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const cancel = ms === null ? () => {} : clock.after(ms, resolve);
        end = () => {
          cancel();
          resolve();
        };
      }),
    end: () => end(),
  };
}
