import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../json.js';
import type { Act } from './schedule.js';
import { pagedView, seenView, type Writer } from './writer.js';

const patience = 20_000;

interface Incident {
  afterActs: number;
  delay: number;
}

/** The writers act at once, each in its own order; the incidents come as the acts begin. */
export async function play<T extends Incident>(
  acts: readonly Act[][],
  writers: readonly Writer[],
  incidents: readonly T[],
  make: (incident: T) => Promise<void>,
): Promise<void> {
  let begun = 0;
  const waiting = [...incidents];
  const underWay: Promise<void>[] = [];
  await Promise.all(
    writers.map(async (writer, who) => {
      for (const act of acts[who] ?? []) {
        begun += 1;
        for (let next = waiting[0]; next && next.afterActs <= begun; next = waiting[0]) {
          waiting.shift();
          const incident = next;
          underWay.push(wait(incident.delay).then(() => make(incident)));
        }
        await writer.perform(act);
      }
    }),
  );
  await Promise.all(underWay);
}

/** Waits until a writer sees what the store holds, and compares by another way as well: page by page. */
export async function comparison(writer: Writer, expected: JsonObject): Promise<string[]> {
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

export function heardOnce({ identity, heard, read }: Writer, expected: JsonObject): string[] {
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
