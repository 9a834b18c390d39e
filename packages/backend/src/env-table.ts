import type { z } from 'zod';

/** One variable that cannot be used as it is. */
export interface WrongVariable {
  variable: string;
  /** Completes the sentence "VARIABLE …", without the value. */
  problem: string;
  remedy: string;
}

/** The variables of these names. A blank one counts as absent: an Auth Token of blanks would be an empty key. */
export function givenVariables(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, env[name]?.trim() || undefined]));
}

/** What is wrong, once for each variable. */
export function wrongVariables(
  issues: readonly z.core.$ZodIssue[],
  given: Readonly<Record<string, string | undefined>>,
  remedies: Readonly<Record<string, string>>,
): readonly WrongVariable[] {
  const rows = new Map<string, WrongVariable>();
  for (const issue of issues) {
    const variable = String(issue.path[0]);
    if (rows.has(variable)) continue;
    const problem = given[variable] === undefined && issue.code !== 'custom' ? 'is missing' : issue.message;
    rows.set(variable, { variable, problem, remedy: remedies[variable] ?? '' });
  }
  return [...rows.values()];
}

/** A table for people: variable, what is wrong, what to do. */
export function tableOf(wrong: readonly WrongVariable[]): string {
  const lines: [string, string, string][] = [
    ['Variable', 'What is wrong', 'What to do'],
    ...wrong.map(({ variable, problem, remedy }): [string, string, string] => [variable, problem, remedy]),
  ];
  const width = (column: 0 | 1): number => Math.max(...lines.map((line) => line[column].length));
  const [first, second] = [width(0), width(1)];
  return lines.map(([a, b, c]) => `${a.padEnd(first)}  ${b.padEnd(second)}  ${c}`).join('\n');
}
