import { end, parse } from 'iso8601-duration';
import { Refusal } from '../errors.js';
import type { Actor, Fact } from '../facts.js';
import type { ConversationRow, ConversationState } from '../store/rows.js';
import type { Domain } from './domain.js';

/** How each timer is held to its bounds. Codes and shortest times are Twilio's, the longest is ours. */
const bounds = {
  inactive: {
    minutes: 1,
    shortest: 'PT1M',
    tooShort: 'inactive_timer_too_short',
    invalid: 'inactive_timer_invalid',
  },
  closed: {
    minutes: 10,
    shortest: 'PT10M',
    tooShort: 'closed_timer_too_short',
    invalid: 'closed_timer_invalid',
  },
} as const;

const longestYears = 100;

/** When a duration ends that begins now: months and years are as long as the calendar has them. */
function endOf(duration: string, now: number): number {
  return end(parse(duration), new Date(now)).getTime();
}

/** The library takes signs and what surrounds a duration, and a `T` without a time. */
const wellFormed = /^P[\dYMWDTHS.,]*[YMWDHS]$/;

/** Not a number for what is no duration. */
function tryEndOf(duration: string, now: number): number {
  try {
    return wellFormed.test(duration) ? endOf(duration, now) : Number.NaN;
  } catch {
    return Number.NaN;
  }
}

/** An ISO 8601 duration that is long enough, or null: no time at all, as `PT0S` or an empty text, is no timer. */
export function checkTimer(
  parameter: string,
  timer: keyof typeof bounds,
  duration: string,
  now: number,
): string | null {
  if (duration === '') return null;
  const { minutes, shortest, tooShort, invalid } = bounds[timer];
  const lasts = tryEndOf(duration, now) - now;
  if (Number.isNaN(lasts)) throw new Refusal(invalid, `${parameter} is not a duration such as PT30M or P2D`);
  if (lasts === 0) return null;
  if (lasts < minutes * 60_000) throw new Refusal(tooShort, `${parameter} must be at least ${shortest}`);
  if (lasts > longestYears * 366 * 24 * 3_600_000) {
    throw new Refusal('invalid_parameter', `${parameter} is longer than ${longestYears} years`);
  }
  return duration;
}

/** The conversation with its timers started anew. Only an active one becomes inactive, and closed is the end. */
export function withTimersFrom(row: ConversationRow, now: number): ConversationRow {
  const { state, timerInactive, timerClosed } = row;
  return {
    ...row,
    dateInactive: state === 'active' && timerInactive !== null ? endOf(timerInactive, now) : null,
    dateClosed: state !== 'closed' && timerClosed !== null ? endOf(timerClosed, now) : null,
  };
}

function inState(row: ConversationRow, state: ConversationState, now: number): ConversationRow {
  return { ...row, state, stateUpdated: now, dateUpdated: now };
}

/**
 * What a new message does to its conversation: the timers start anew, and an inactive one is active again, which is
 * recorded here. The row is otherwise the caller's to store.
 */
export function awakened(
  domain: Domain,
  record: (fact: Fact) => void,
  by: Actor,
  before: ConversationRow,
): ConversationRow {
  const now = domain.clock.now();
  if (before.state === 'active') return withTimersFrom(before, now);
  const conversation = withTimersFrom(inState(before, 'active', now), now);
  domain.store.conversations.update(conversation);
  record({ type: 'conversation.updated', by, conversation, before, reason: 'EVENT' });
  return conversation;
}

/** Timers are nobody's request, and their webhooks always fire. */
const timer: Actor = { source: 'API', webhooksEnabled: true };

/** Changes the state of every conversation whose time has come. */
export function letTimersRunOut(domain: Domain): void {
  const { store, facts, clock } = domain;
  const now = clock.now();
  for (const { sid } of store.conversations.due(now)) {
    facts.commit((record) => {
      // Who heard of the one before may have changed or removed this one.
      const before = store.conversations.bySid(sid);
      if (!before) return;
      const closes = before.dateClosed !== null && before.dateClosed <= now;
      if (!closes && (before.dateInactive === null || before.dateInactive > now)) return;
      const conversation: ConversationRow = closes
        ? { ...inState(before, 'closed', now), dateInactive: null, dateClosed: null }
        : { ...inState(before, 'inactive', now), dateInactive: null };
      store.conversations.update(conversation);
      record({ type: 'conversation.updated', by: timer, conversation, before, reason: 'TIMER' });
    });
  }
}
