/**
 * A chat service in memory, with a link that can be cut, and a clock that only moves when told to. It keeps the
 * same contract as the real adapter; `connection.test.ts` runs one suite on both.
 *
 * @packageDocumentation
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from './bytes.js';
import type {
  Exclusive,
  OpenTabs,
  SessionClock,
  SessionCrypto,
  SessionStorage,
  TabMessage,
} from './ports.js';

export { createFakeService, type FakeService, type Fault } from './fake-service.js';
export { makeFakeToken } from './fake-token.js';

export interface FakeClock extends SessionClock {
  /** Moves time on, runs what is due, and lets everything that follows from it settle. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** The machine sleeps: the time of day moves on, and nothing else. */
  sleep(ms: number): void;
  /** Somebody sets the time of day. */
  set(now: number): void;
  /** Tasks whose time has not come. */
  waiting(): number;
}

export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  // What the steady clock says; the time of day is ahead of it by `ahead`.
  let now = 0;
  let ahead = startMs;
  let order = 0;
  const tasks = new Map<number, { at: number; task: () => void }>();

  // Deep enough for the longest chain of awaits in a session; a fixed number keeps tests repeatable.
  const settle = async (): Promise<void> => {
    for (let tick = 0; tick < 200; tick += 1) await Promise.resolve();
  };
  const nextDue = (until: number): number | null => {
    let due: number | null = null;
    for (const [id, { at }] of tasks) {
      if (at <= until && (due === null || at < (tasks.get(due)?.at ?? 0))) due = id;
    }
    return due;
  };

  return {
    now: () => now + ahead,
    steady: () => now,
    sleep(ms) {
      ahead += ms;
    },
    set(to) {
      ahead = to - now;
    },
    after(ms, task) {
      order += 1;
      const id = order;
      tasks.set(id, { at: now + Math.max(0, ms), task });
      return () => void tasks.delete(id);
    },
    settle,
    waiting: () => tasks.size,
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let id = nextDue(until); id !== null; id = nextDue(until)) {
        const due = tasks.get(id);
        tasks.delete(id);
        now = Math.max(now, due?.at ?? now);
        due?.task();
        await settle();
      }
      now = until;
    },
  };
}

/** Storage in memory; give one to two sessions and they are two tabs, or one before and after a reload. */
export function createMemoryStorage(
  values: Map<string, string> = new Map(),
): SessionStorage & { values: Map<string, string> } {
  return {
    values,
    lasting: true,
    read: (key) => values.get(key) ?? null,
    write: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: () => [...values.keys()],
  };
}

/** Repeatable bytes from a seed. */
export function createFakeCrypto(seed = 1): SessionCrypto {
  let state = seed >>> 0;
  const randomBytes = (length: number): Uint8Array =>
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
  return { randomBytes, sha256, randomId: () => toHex(randomBytes(16)) };
}

/** One lock per name for all who share it. */
export function createFakeExclusive(): Exclusive {
  const tails = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const turn = (tails.get(name) ?? Promise.resolve()).then(work, work);
    tails.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  };
}

/** The tabs of one browser: give it to all sessions that share a storage. */
export interface FakeTabs {
  openTabs: OpenTabs;
  /** Everything that was told, in order. */
  readonly told: readonly TabMessage[];
  /** Says something to every tab, as anything else of the page might. */
  say(message: unknown): void;
  /** Tabs that listen now. */
  listening(): number;
}

/**
 * @param deliver runs `hand`, which hands a message over: at once or later, or not at all. Default: soon.
 */
export function createFakeTabs(
  deliver: (hand: () => void) => void = (hand) => void Promise.resolve().then(hand),
): FakeTabs {
  const tabs = new Set<{ name: string; listener: (message: unknown) => void }>();
  const told: TabMessage[] = [];
  return {
    told,
    openTabs(name, listener) {
      const tab = { name, listener };
      tabs.add(tab);
      return {
        tell(message) {
          told.push(message);
          for (const other of tabs) {
            if (other === tab || other.name !== name) continue;
            deliver(() => tabs.has(other) && other.listener(structuredClone(message)));
          }
        },
        close: () => void tabs.delete(tab),
      };
    },
    say(message) {
      for (const { listener } of [...tabs]) listener(message);
    },
    listening: () => tabs.size,
  };
}
