import type { SessionClock } from './ports.js';

/** A clock whose timers can be brought to their end together. */
export interface OwnTimers {
  clock: SessionClock;
  /**
   * What waits has waited long enough: it runs now, so that no timer is left and everybody who waits for one goes on.
   */
  end(): void;
}

export function createOwnTimers(clock: SessionClock): OwnTimers {
  const waiting = new Set<() => void>();
  return {
    clock: {
      now: () => clock.now(),
      ...(clock.steady && { steady: () => clock.steady?.() ?? clock.now() }),
      after(ms, task) {
        const cancel = (): void => {
          waiting.delete(run);
          stop();
        };
        const run = (): void => {
          cancel();
          task();
        };
        const stop = clock.after(ms, run);
        waiting.add(run);
        return cancel;
      },
    },
    end() {
      for (const run of [...waiting]) run();
    },
  };
}
