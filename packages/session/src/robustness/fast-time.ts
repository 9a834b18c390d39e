/**
 * Lets all of this process live `factor` times faster: the session, the SDK, the emulator and their limits keep their
 * proportions, so that an outage of a minute takes seconds. Only work and the loopback network stay as slow as they
 * are. Returns how to end it.
 */
export function liveFaster(factor: number): () => void {
  const { setTimeout: later, setInterval: again, Date: Real } = globalThis;
  const now = performance.now.bind(performance);
  const born = Real.now();

  const faster = () => Math.floor(born + (Real.now() - born) * factor);
  class FastDate extends Real {
    constructor(...given: [] | [number | string | Date]) {
      // Every way to call it with arguments means a fixed moment, which stays the one it is.
      super(...((given.length === 0 ? [faster()] : given) as [number]));
    }
    static override now(): number {
      return faster();
    }
  }
  const hurried = <Timer extends typeof later | typeof again>(timer: Timer): Timer =>
    Object.assign(
      (task: () => void, ms = 0, ...given: []) => timer(task, ms / factor, ...given),
      timer,
    ) as unknown as Timer;

  globalThis.Date = FastDate as DateConstructor;
  globalThis.setTimeout = hurried(later);
  globalThis.setInterval = hurried(again);
  performance.now = () => now() * factor;
  return () => {
    globalThis.Date = Real;
    globalThis.setTimeout = later;
    globalThis.setInterval = again;
    performance.now = now;
  };
}
