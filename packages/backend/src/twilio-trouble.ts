import { setTimeout as pause } from 'node:timers/promises';
import twilio from 'twilio';
import { errorFacts } from './errors.js';
import type { Log } from './log.js';

/** Waits for so many milliseconds; rejects early where the signal is aborted. */
export type Wait = (ms: number, signal?: AbortSignal) => Promise<unknown>;

/** The system's timers. */
export const waitByClock: Wait = (ms, signal) => pause(ms, undefined, signal && { signal });

/** How long until each further try, in milliseconds. */
const AGAIN_AFTER_MS = [1_000, 3_000];

/** What a connection that was cut, refused or too slow is called. */
const CUT: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether a failure is Twilio's, and likely to be over in a moment. What Twilio refuses stays refused. */
export function isTwilioAway(error: unknown): boolean {
  if (error instanceof twilio.RestException) return error.status >= 500;
  // The official helper passes on what its HTTP client threw. A bot's own failures are no reason to ask it again.
  const { isAxiosError, response, code } = (error ?? {}) as Partial<Record<string, unknown>>;
  return isAxiosError === true && response === undefined && CUT.has(code);
}

/** What trying again is made of. */
export interface AgainOptions {
  /** Milliseconds from now within which another try may begin. */
  withinMs: number;
  /** No other try begins once it is aborted. */
  signal?: AbortSignal;
  /** What is tried, for the log. */
  event: string;
  conversationSid: string;
  log: Log;
  now: () => number;
  wait: Wait;
}

/**
 * Does `work`, and again, twice at most, where Twilio was away for a moment. So it has to be work that may be done
 * again. It is told how many milliseconds are left of `withinMs`. Rejects with what the last try threw.
 */
export async function againWhileAway<T>(
  { withinMs, signal, event, conversationSid, log, now, wait }: AgainOptions,
  work: (leftMs: number) => Promise<T>,
): Promise<T> {
  const end = now() + withinMs;
  let left = withinMs;
  for (const ms of AGAIN_AFTER_MS) {
    try {
      return await work(left);
    } catch (error) {
      if (!isTwilioAway(error) || now() + ms >= end) throw error;
      log.warn(
        { event, outcome: 'again', conversationSid, ...errorFacts(error) },
        'Twilio was away: tried again',
      );
      await wait(ms, signal).catch(() => {});
      signal?.throwIfAborted();
      left = end - now();
    }
  }
  return work(left);
}
