/** The time of day, passed in so that a test can hold it still. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** ISO 8601 with milliseconds, as the client API, Sync and webhooks write dates. REST has whole seconds. */
export const isoDate = (milliseconds: number): string => new Date(milliseconds).toISOString();
