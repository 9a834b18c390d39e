import type { SessionClock } from './ports.js';

/**
 * Begins to measure; the returned function says how many milliseconds have passed. Of two clocks the one that says
 * more is believed: a steady one may stand still while the machine sleeps, and the time of day can be put back.
 */
export function stopwatch(clock: SessionClock): () => number {
  const wall = clock.now();
  const steady = clock.steady?.();
  return () =>
    Math.max(0, clock.now() - wall, steady === undefined ? 0 : (clock.steady?.() ?? steady) - steady);
}
