import { isObject, parseJson } from '../json.js';
import type { Random } from './random.js';

/** How events go astray. Replies, results of subscriptions and replays never do. */
export interface DisorderPlan {
  /** How many events may be passed over by a later one. */
  reorder: number;
  /** The chance that an event comes twice, from 0 to 1. */
  duplicate: number;
  /** Milliseconds that an event is late, drawn from this range. */
  minMs: number;
  maxMs: number;
  /** Whether the events of one item (or document) stay in order among themselves. */
  keep: 'item' | 'nothing';
}

/** Where events of one socket wait for their turn, which is not the one they came in. */
export interface Disorder {
  /** Bytes that wait here. */
  readonly waiting: number;
  add(key: string, size: number, act: () => void): void;
  /** Lets go what waits, in the order it came. */
  end(): void;
  /** Forgets what waits. */
  stop(): void;
}

/** Milliseconds after which events that nothing came to pass over go nevertheless. */
const longestWait = 50;

interface Waiting {
  key: string;
  size: number;
  act: () => void;
}

export function createDisorder(plan: DisorderPlan, random: Random): Disorder {
  const { reorder, duplicate, minMs, maxMs, keep } = plan;
  let passed: Waiting[] = [];
  let late: (Waiting & { due: number })[] = [];
  let waiting = 0;
  let flush: NodeJS.Timeout | undefined;
  let next: NodeJS.Timeout | undefined;

  const goLate = (): void => {
    clearTimeout(next);
    next = undefined;
    const now = performance.now();
    const due = late.filter((one) => one.due <= now);
    late = late.filter((one) => one.due > now);
    for (const one of due.sort((one, other) => one.due - other.due)) go(one);
    // Not by Math.min(...late), which takes no more arguments than the stack does.
    const soonest = late.reduce((least, one) => Math.min(least, one.due), Number.POSITIVE_INFINITY);
    if (late.length > 0) next = setTimeout(goLate, Math.ceil(soonest - performance.now()));
  };
  const go = ({ size, act }: Waiting): void => {
    waiting -= size;
    act();
  };
  const release = (one: Waiting): void => {
    if (maxMs === 0) {
      go(one);
      return;
    }
    const { key } = one;
    const drawn = performance.now() + minMs + random.next() * (maxMs - minMs);
    const before = keep === 'item' ? late.filter((other) => other.key === key).map(({ due }) => due) : [];
    late.push({ ...one, due: Math.max(drawn, ...before) });
    goLate();
  };
  const pick = (): void => {
    const at = random.below(passed.length);
    const key = passed[at]?.key;
    const first = keep === 'item' ? passed.findIndex((one) => one.key === key) : at;
    for (const picked of passed.splice(first, 1)) release(picked);
  };

  const stop = (): void => {
    clearTimeout(flush);
    clearTimeout(next);
    flush = undefined;
    next = undefined;
    passed = [];
    late = [];
    waiting = 0;
  };

  return {
    get waiting() {
      return waiting;
    },
    add(key, size, act) {
      const times = duplicate > 0 && random.next() < duplicate ? 2 : 1;
      waiting += times * size;
      for (let time = 0; time < times; time += 1) passed.push({ key, size, act });
      while (passed.length > reorder) pick();
      if (passed.length === 0 || flush !== undefined) return;
      flush = setTimeout(() => {
        flush = undefined;
        while (passed.length > 0) pick();
      }, longestWait);
    },
    end() {
      const rest = [...late.sort((one, other) => one.due - other.due), ...passed];
      stop();
      for (const { act } of rest) act();
    },
    stop,
  };
}

/** Names what a live event is about; undefined for notifications that keep their place. */
export function eventKey(messageType: string, payload: string): string | undefined {
  if (!messageType.startsWith('com.twilio.rtd.cds.')) return undefined;
  const notification = parseJson(payload);
  const event = isObject(notification) && isObject(notification.event) ? notification.event : {};
  const { item_index, item_key } = event;
  const object = event.document_sid ?? event.list_sid ?? event.map_sid;
  return `${object} ${item_index ?? item_key ?? ''}`;
}
