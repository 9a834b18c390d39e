import type { SessionCrypto } from './ports.js';

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** How long to wait before attempt number `attempt` (the first retry is 1): 1, 2, 4 … 60 s. */
export function backoffCeiling(attempt: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
}

/** Full jitter, so that the visitors of a busy site do not come back in one wave after an outage. */
export function backoffDelay(attempt: number, crypto: SessionCrypto): number {
  return jitter(backoffCeiling(attempt), crypto);
}

/** A random share of `ms`, never quite nothing. */
export function jitter(ms: number, crypto: SessionCrypto): number {
  const [high = 0, low = 0] = crypto.randomBytes(2);
  return Math.max(100, Math.round((ms * (high * 256 + low)) / 65_535));
}
