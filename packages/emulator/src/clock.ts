import type { Stop } from './facts.js';

/** The time of day, passed in so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Calls once, at a time of day or as soon as it is past; passed in so that a test can make time pass. */
export type Alarm = (time: number, act: () => void) => Stop;

/** The longest that the platform waits at once. */
const longestWait = 2 ** 31 - 1;

export const systemAlarm: Alarm = (time, act) => {
  let waiting: NodeJS.Timeout;
  const wait = (): void => {
    const left = time - Date.now();
    waiting = left > longestWait ? setTimeout(wait, longestWait) : setTimeout(act, Math.max(left, 0));
  };
  wait();
  return () => clearTimeout(waiting);
};

/** ISO 8601 with milliseconds, as the client API, Sync and webhooks write dates. REST has whole seconds. */
export const isoDate = (milliseconds: number): string => new Date(milliseconds).toISOString();
