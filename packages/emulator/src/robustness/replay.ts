import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../json.js';
import { startEmulator } from '../server.js';
import { checkStore } from './check-store.js';
import { checkLedgers } from './ledger.js';
import { openWriters } from './open-writers.js';
import { type Cut, type Schedule, scheduleOf } from './schedule.js';
import { storedView } from './stored-view.js';
import { connected, pagedView, seenView, type Writer } from './writer.js';

const patience = 20_000;
const identities = ['alice', 'bob', 'carol'];

/** One run: three SDK clients write to a conversation while their sockets are cut. Answers what was wrong in the end. */
export async function replay(seed: number): Promise<string[]> {
  const schedule = scheduleOf(seed);
  const { emulator, domain } = await startEmulator();
  const { store } = domain;
  const opened = await openWriters(emulator, identities);
  const { writers, conversationSid } = opened;
  try {
    await play(schedule, writers, async (cut) => {
      emulator.faults.refuse(cut.refuseFor > 0);
      emulator.faults.drop(cut.writer === undefined ? undefined : identities[cut.writer]);
      if (cut.refuseFor > 0) await wait(cut.refuseFor);
      emulator.faults.refuse(false);
    });
    for (const writer of writers) {
      await connected(writer.client);
      await writer.sendForSure();
    }
    const expected = storedView(store, conversationSid);
    const views = await Promise.all(writers.map((writer) => comparison(writer, expected)));
    return [
      ...views.flat(),
      ...writers.flatMap((writer) => heardOnce(writer, expected)),
      ...checkLedgers(
        store,
        conversationSid,
        writers.map(({ ledger }) => ledger),
      ),
      ...checkStore(store, domain.serviceSid),
    ];
  } finally {
    await opened.close();
    await emulator.close();
  }
}

/** The writers act at once, each in its own order; the cuts come as the acts begin. */
async function play(
  { acts, cuts }: Schedule,
  writers: readonly Writer[],
  make: (cut: Cut) => Promise<void>,
): Promise<void> {
  let begun = 0;
  const waiting = [...cuts];
  const underWay: Promise<void>[] = [];
  await Promise.all(
    writers.map(async (writer, who) => {
      for (const act of acts[who] ?? []) {
        begun += 1;
        for (let cut = waiting[0]; cut && cut.afterActs <= begun; cut = waiting[0]) {
          waiting.shift();
          underWay.push(wait(cut.delay).then(() => make(cut)));
        }
        await writer.perform(act);
      }
    }),
  );
  await Promise.all(underWay);
}

/** Waits until a writer sees what the store holds, and compares by another way as well: page by page. */
async function comparison(writer: Writer, expected: JsonObject): Promise<string[]> {
  const { identity } = writer;
  const differs = (by: string, seen: JsonObject): string[] =>
    Object.keys(expected)
      .filter((part) => !isDeepStrictEqual(seen[part], expected[part]))
      .map((part) => `${identity} sees by ${by} other ${part}: ${difference(seen[part], expected[part])}`);

  let late = false;
  let wake = (): void => {};
  const stop = writer.onChange(() => wake());
  const timer = setTimeout(() => {
    late = true;
    wake();
  }, patience);
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const seen = await seenView(writer);
      if (isDeepStrictEqual(seen, expected)) break;
      if (late) return differs('events', seen);
      await changed;
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
  return differs('pages', await pagedView(writer));
}

function heardOnce({ identity, heard, read }: Writer, expected: JsonObject): string[] {
  const complaints: string[] = [];
  const sorted = [...new Set(heard)].sort((a, b) => a - b);
  if (!isDeepStrictEqual(heard, sorted)) {
    complaints.push(`${identity} heard messages twice or out of order: ${heard}`);
  }
  for (const { index } of expected.messages as { index: number }[]) {
    if (!heard.includes(index) && !read.has(index))
      complaints.push(`${identity} never heard of message ${index}`);
  }
  return complaints;
}

function difference(seen: unknown, expected: unknown): string {
  const lines = (value: unknown): string[] =>
    (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one));
  const without = (some: string[], others: string[]): string =>
    some.filter((line) => !others.includes(line)).join() || 'nothing';
  return `it has ${without(lines(seen), lines(expected))} and lacks ${without(lines(expected), lines(seen))}`;
}
