/** The frames of one socket on their way out, in order, held back while latency is asked for. */
export interface Outgoing {
  /** Bytes that wait here. */
  readonly waiting: number;
  /** Does `act` after everything that was added before it. */
  add(size: number, act: () => void): void;
  /** Holds each frame that is added from now on for the milliseconds drawn. With `undefined`, what waits goes at once. */
  latency(draw: (() => number) | undefined): void;
  /** While on, nothing goes at all. */
  hold(on: boolean): void;
  /** Forgets what waits. */
  stop(): void;
}

export function createOutgoing(): Outgoing {
  const queue: { due: number; size: number; act: () => void }[] = [];
  let draw: (() => number) | undefined;
  let held = false;
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;

  const go = (now: number): void => {
    clearTimeout(timer);
    timer = undefined;
    if (held) return;
    for (let head = queue[0]; head !== undefined && head.due <= now; head = queue[0]) {
      queue.shift();
      waiting -= head.size;
      head.act();
    }
    const head = queue[0];
    // A timer may fire a little early; then it is set again, for nothing may come before its time.
    if (head) timer = setTimeout(() => go(performance.now()), Math.ceil(head.due - now));
  };

  return {
    get waiting() {
      return waiting;
    },
    add(size, act) {
      if (draw === undefined && !held && queue.length === 0) return act();
      const now = performance.now();
      // A shorter latency does not let a frame overtake those that were added under a longer one.
      const due = Math.max(now + (draw?.() ?? 0), queue.at(-1)?.due ?? 0);
      waiting += size;
      queue.push({ due, size, act });
      if (timer === undefined) go(now);
    },
    latency(next) {
      draw = next;
      if (next !== undefined) return;
      for (const one of queue) one.due = 0;
      go(performance.now());
    },
    hold(on) {
      held = on;
      go(performance.now());
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      queue.length = 0;
      waiting = 0;
    },
  };
}
