import type { SessionClock } from './ports.js';

const SEND_EVERY_MS = 4_000;
/** The service says when somebody stops; this is for the case that the word is lost. */
const FORGET_AFTER_MS = 10_000;

export interface Typing {
  /** Identities that are typing now. */
  identities(): readonly string[];
  heard(identity: string, on: boolean): void;
  /** True when it is time to tell the service that this visitor types. */
  due(): boolean;
  clear(): void;
}

export function createTyping(clock: SessionClock, onChange: () => void): Typing {
  const timers = new Map<string, () => void>();
  let identities: readonly string[] = [];
  let told = Number.NEGATIVE_INFINITY;

  const publish = (): void => {
    identities = [...timers.keys()];
    onChange();
  };
  const forget = (identity: string): void => {
    const cancel = timers.get(identity);
    if (!cancel) return;
    cancel();
    timers.delete(identity);
    publish();
  };

  return {
    identities: () => identities,
    heard(identity, on) {
      if (!on) return forget(identity);
      const known = timers.get(identity);
      known?.();
      timers.set(
        identity,
        clock.after(FORGET_AFTER_MS, () => forget(identity)),
      );
      if (!known) publish();
    },
    due() {
      if (Math.abs(clock.now() - told) < SEND_EVERY_MS) return false;
      told = clock.now();
      return true;
    },
    clear() {
      for (const identity of [...timers.keys()]) forget(identity);
      told = Number.NEGATIVE_INFINITY;
    },
  };
}
