import type { Alarm } from '../clock.js';
import type { Stop } from '../facts.js';
import type { ConversationRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { letTimersRunOut } from './state.js';

/** In milliseconds. */
const againAfter = 10_000;

/**
 * Runs the timers of all conversations, with one alarm for whichever comes first. They are dates in the store: those
 * that came due while nobody ran them run out at once.
 */
export function startStateTimers(domain: Domain, alarm: Alarm, log: (line: string) => void): Stop {
  let planned = Number.POSITIVE_INFINITY;
  let cancel: Stop = () => {};

  const plan = (time: number): void => {
    cancel();
    planned = time;
    cancel = alarm(time, run);
  };
  const run = (): void => {
    planned = Number.POSITIVE_INFINITY;
    try {
      letTimersRunOut(domain);
      const next = domain.store.conversations.nextDue();
      if (next !== undefined && next < planned) plan(next);
    } catch (error) {
      // Nobody called who could be told, and a full disk may have room again later.
      log(
        `Timers of conversations could not run out: ${error instanceof Error ? error.message : String(error)}`,
      );
      plan(domain.clock.now() + againAfter);
    }
  };
  // A date that moved away is found out when its alarm finds nothing due.
  const consider = ({ dateInactive, dateClosed }: ConversationRow): void => {
    const first = Math.min(dateInactive ?? planned, dateClosed ?? planned);
    if (first < planned) plan(first);
  };
  const stopListening = domain.facts.listen((fact) => {
    if ('conversation' in fact) consider(fact.conversation);
  });
  run();
  return () => {
    stopListening();
    cancel();
  };
}
