import type { Alarm, Clock } from '../clock.js';

/** A time of day that passes only when a test says so. */
export interface HeldTime {
  clock: Clock;
  alarm: Alarm;
  /** Lets so many milliseconds pass, and what is due in them happen, each at its own time. */
  pass(milliseconds: number): void;
}

export function holdTime(start: number = Date.parse('2026-11-22T10:00:00Z')): HeldTime {
  let now = start;
  const waiting = new Set<{ time: number; act: () => void }>();
  const clock: Clock = { now: () => now };
  return {
    clock,
    alarm(time, act) {
      const alarm = { time, act };
      waiting.add(alarm);
      return () => void waiting.delete(alarm);
    },
    pass(milliseconds) {
      const until = now + milliseconds;
      for (;;) {
        const [next] = [...waiting].filter(({ time }) => time <= until).sort((a, b) => a.time - b.time);
        if (!next) break;
        waiting.delete(next);
        now = Math.max(now, next.time);
        next.act();
      }
      now = until;
    },
  };
}
