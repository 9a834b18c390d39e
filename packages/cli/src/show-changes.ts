import type { CommandIo } from './command-io.js';

/** Prints one line for each difference: what it is about, before, after. */
export function showChanges(
  changes: readonly { what: string; from: string; to: string }[],
  io: CommandIo,
): void {
  const width = Math.max(0, ...changes.map(({ what }) => what.length));
  for (const { what, from, to } of changes) io.print(`  ${what.padEnd(width)}  ${from} → ${to}`);
}
