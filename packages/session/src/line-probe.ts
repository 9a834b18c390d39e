import { type Connection, ConnectionError, connectionErrorCode } from './connection.js';
import { createOwnTimers } from './own-timers.js';
import type { SessionClock } from './ports.js';
import { withTimeLimit } from './time-limit.js';

const PROBE_LIMIT_MS = 5_000;

/** A half-open socket looks alive for ever; only a question shows that nobody is there. */
export interface LineProbe {
  /** Asks now, unless a question is on its way already. */
  ask(): Promise<void>;
  /** Waits for no answer any more. */
  stop(): void;
}

export function createLineProbe(options: {
  clock: SessionClock;
  /** The connection that is in use; `null` when none is, and there is nothing to be asked. */
  line(): Connection | null;
  /** A round trip that no cache answers. */
  question(): Promise<unknown>;
  onSilence(connection: Connection): void;
}): LineProbe {
  const timers = createOwnTimers(options.clock);
  let asked: { connection: Connection; answer: Promise<void> } | null = null;

  const ask = async (connection: Connection): Promise<void> => {
    try {
      await withTimeLimit(options.question(), PROBE_LIMIT_MS, timers.clock, () => {
        return new ConnectionError('unknown_outcome', 'The connection does not answer.');
      });
    } catch (error) {
      // An error that the service answered with is an answer.
      if (connectionErrorCode(error) !== 'unknown_outcome') return;
      if (options.line() === connection) options.onSilence(connection);
    } finally {
      if (asked?.connection === connection) asked = null;
    }
  };

  return {
    async ask() {
      const connection = options.line();
      if (!connection) return;
      if (asked?.connection !== connection) asked = { connection, answer: ask(connection) };
      await asked.answer;
    },
    stop: timers.end,
  };
}
