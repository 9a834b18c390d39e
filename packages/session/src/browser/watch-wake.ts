import type { SessionClock, WatchWake } from '../ports.js';
import { stopwatch } from '../stopwatch.js';

/** Away for less, nothing has happened. */
const AWAY_MS = 30_000;
const SAME_RETURN_MS = 1_000;
const TICK_MS = 15_000;
/** A hidden tab's timers are made to wait for a minute; only what is much later tells of a machine that slept. */
const HIDDEN_AWAY_MS = 150_000;

/**
 * Hears that the page is back: from the back/forward cache, from a tab that was hidden, or from a machine that slept,
 * which shows by a timer that comes far too late.
 */
export function createWatchWake(window: Window, clock: SessionClock): WatchWake {
  const { document } = window;
  return (listener) => {
    let away = stopwatch(clock);
    // One return shows in several ways, in any order, and is told once.
    let told = (): number => Number.POSITIVE_INFINITY;
    let cancel = (): void => {};
    const seen = (least: number): void => {
      const ms = away();
      away = stopwatch(clock);
      if (ms <= least || told() < SAME_RETURN_MS) return;
      told = stopwatch(clock);
      listener({ ms });
    };
    const hidden = (): boolean => document.visibilityState === 'hidden';
    const tick = (): void => {
      // What a hidden tab was away for is told when it is shown, unless the machine slept meanwhile.
      if (!hidden()) seen(AWAY_MS);
      else if (asleep() > HIDDEN_AWAY_MS) seen(AWAY_MS);
      asleep = stopwatch(clock);
      cancel = clock.after(TICK_MS, tick);
    };
    let asleep = stopwatch(clock);
    const onVisibility = (): void => seen(hidden() ? Number.POSITIVE_INFINITY : AWAY_MS);
    const onPageShow = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) seen(-1);
    };
    document.addEventListener('visibilitychange', onVisibility);
    window.addEventListener('pageshow', onPageShow);
    cancel = clock.after(TICK_MS, tick);
    return () => {
      cancel();
      document.removeEventListener('visibilitychange', onVisibility);
      window.removeEventListener('pageshow', onPageShow);
    };
  };
}
