import type { Clock } from '../clock.js';

/** Watches over the end of a socket's token. */
export interface Expiry {
  /** Another token takes the place of the one that was watched. */
  watch(expiresAt: number): void;
  stop(): void;
}

export function createExpiry(
  clock: Clock,
  /** Milliseconds before its end at which a token is said to expire soon; half of its life for shorter ones. */
  notice: number,
  acts: { soon: () => void; over: () => void },
): Expiry {
  let timers: NodeJS.Timeout[] = [];
  const stop = (): void => timers.forEach(clearTimeout);
  return {
    watch(expiresAt) {
      stop();
      const left = Math.max(0, expiresAt - clock.now());
      timers = [setTimeout(acts.soon, left - Math.min(notice, left / 2)), setTimeout(acts.over, left)];
    },
    stop,
  };
}
