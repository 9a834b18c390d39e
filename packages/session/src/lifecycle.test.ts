import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import type { ChatStatus } from './snapshot.js';
import { type Facts, idleFacts, statusOf } from './status.js';

const source = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(source, '../../../docs/lifecycle.md'), 'utf8');
const program = ts.createProgram([join(source, 'snapshot.ts')], { strict: true, noEmit: true });
const checker = program.getTypeChecker();
const file = program.getSourceFile(join(source, 'snapshot.ts'));

/** The texts of a union that snapshot.ts exports, or of a property of an interface there. */
function members(name: string, property?: string): string[] {
  const symbol = file && checker.getSymbolAtLocation(file);
  const found = symbol && checker.getExportsOfModule(symbol).find((one) => one.name === name);
  if (!found) throw new Error(`snapshot.ts exports no ${name}.`);
  const declared = checker.getDeclaredTypeOfSymbol(found);
  const member = property === undefined ? undefined : declared.getProperty(property);
  const type = member ? checker.getTypeOfSymbol(member) : declared;
  const parts = type.isUnion() ? type.types : [type];
  return parts.filter((part) => part.isStringLiteral()).map(({ value }) => value);
}

/** The first column of the table under `heading` whose head is `column`, without its backticks. */
function rows(heading: string, column: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const table = section.split('\n\n').find((text) => text.startsWith(`| ${column} |`)) ?? '';
  const lines = table.trim().split('\n').slice(2);
  return lines.map((line) => /^\| `([^`]+)` \|/.exec(line)?.[1] ?? line);
}

describe('the page about the life of a chat has exactly', () => {
  test.each([
    ['States', 'status', members('ChatStatus')],
    ['What the visitor can do', 'action', members('ChatAction')],
    ['Reasons', 'reason', members('ReasonCode')],
    ['Notices', 'notice', members('NoticeCode')],
    ['Messages', 'state', members('ChatMessage', 'state')],
    ['Messages', 'error', members('MessageErrorCode')],
    ['People', 'role', members('ChatRole')],
    ['People', 'happening', members('ChatHappening', 'kind')],
  ])('under “%s” the names of each %s', (heading, column, names) => {
    expect(names.length).toBeGreaterThan(2);
    expect([...rows(heading, column)].sort()).toEqual([...names].sort());
  });
});

/** Every set of facts that a session can be in. */
function allFacts(): Facts[] {
  const truth = [false, true];
  const trouble = { reason: 'connection_failed', retryAt: 1 } as const;
  return truth.flatMap((live) =>
    truth.flatMap((wasLive) =>
      truth.flatMap((networkGone) =>
        [null, trouble].flatMap((what) =>
          ([null, 'banned'] as const).flatMap((blocked) =>
            ([null, 'conversation_closed'] as const)
              .filter(() => wasLive || !live)
              .map((ended) => ({
                ...idleFacts,
                started: true,
                // What is over or refused is not live.
                live: live && ended === null && blocked === null,
                wasLive,
                networkGone,
                trouble: what,
                blocked,
                ended,
              })),
          ),
        ),
      ),
    ),
  );
}

/** What can happen to the facts of a session, one thing at a time. */
const happenings: ((facts: Facts) => Facts)[] = [
  (facts) => (facts.ended || facts.blocked ? facts : { ...facts, live: true, wasLive: true, trouble: null }),
  (facts) => ({ ...facts, live: false, trouble: null }),
  (facts) => ({ ...facts, networkGone: !facts.networkGone }),
  (facts) => (facts.live ? facts : { ...facts, trouble: { reason: 'connection_failed', retryAt: 1 } }),
  (facts) => ({ ...facts, blocked: 'banned', live: false }),
  (facts) => ({ ...facts, ended: 'conversation_closed', live: false }),
  (facts) => (facts.ended ? { ...facts, ended: null, live: false, wasLive: false, trouble: null } : facts),
];

test('the arrows of its picture are those that one happening can draw', () => {
  const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+):/gm)].map(([, from, to]) => `${from} ${to}`);
  const statuses = new Set<ChatStatus>(members('ChatStatus') as ChatStatus[]);
  for (const arrow of drawn) for (const end of arrow.split(' ')) expect(statuses).toContain(end);

  const possible = new Set<string>();
  for (const facts of allFacts()) {
    const from = statusOf(facts).status;
    for (const happening of happenings) {
      const to = statusOf(happening(facts)).status;
      if (to !== from) possible.add(`${from} ${to}`);
    }
  }
  const byFacts = drawn.filter((arrow) => !/^idle |blocked idle$/.test(arrow));
  expect([...byFacts].sort()).toEqual([...possible].sort());
});

test('what a visitor can do is said of exactly the states in which it can be done', () => {
  const said = new Map(
    page
      .split(/^## What the visitor can do\n/m)[1]
      ?.split(/^## /m)[0]
      ?.split('\n')
      .map((line) => /^\| `(\w+)` \| ([^|]*) \|/.exec(line))
      .filter((row) => row !== null)
      .map(([, action, where]) => [action, where]),
  );
  for (const facts of [idleFacts, ...allFacts()]) {
    const { status, can } = statusOf(facts);
    for (const action of ['retry_now', 'start_new', 'end_chat'] as const) {
      expect([status, action, can.includes(action)]).toEqual([
        status,
        action,
        said.get(action)?.includes(`\`${status}\``) ?? false,
      ]);
    }
    // Said the other way round: in all but those named.
    expect([status, can.includes('write')]).toEqual([
      status,
      !said.get('write')?.split(';')[0]?.includes(`\`${status}\``),
    ]);
  }
});
