import { describe, expect, it, onTestFinished } from 'vitest';
import { createConversations } from './conversations.js';
import { type Database, openDatabase, type Value } from './database.js';
import { createMessages } from './messages.js';
import { createParticipants } from './participants.js';
import { migrate } from './schema.js';
import { createUsers } from './users.js';

/** How SQLite carries out what `ask` asks of the store. */
function planOf(ask: (database: Database) => unknown): string[] {
  const database = openDatabase(':memory:');
  onTestFinished(database.close);
  migrate(database);
  const asked: [string, readonly Value[]][] = [];
  ask({
    ...database,
    one(sql, values = []) {
      asked.push([sql, values]);
      return database.one(sql, values);
    },
    all(sql, values = []) {
      asked.push([sql, values]);
      return database.all(sql, values);
    },
  });
  return asked.flatMap(([sql, values]) =>
    database.all(`EXPLAIN QUERY PLAN ${sql}`, values).map(({ detail }) => String(detail)),
  );
}

const stretch = { limit: 10, after: 5 };

const queries: [string, (database: Database) => unknown][] = [
  ['how many conversations an identity is in', (db) => createParticipants(db).countOpenOfIdentity('IS', 'a')],
  ['the conversations of an identity', (db) => createParticipants(db).pageOfIdentity('IS', 'a', stretch)],
  ['the conversations of an address', (db) => createParticipants(db).pageOfAddress('IS', '+1', stretch)],
  ['the participants of other channels', (db) => createParticipants(db).withoutIdentity('CH')],
  ['a page of conversations', (db) => createConversations(db).page('IS', stretch)],
  ['a page of closed conversations', (db) => createConversations(db).page('IS', stretch, 'closed')],
  ['the last page of conversations', (db) => createConversations(db).page('IS', { limit: 9, order: 'desc' })],
  ['conversations whose timers ran out', (db) => createConversations(db).due(1)],
  ['the next timer', (db) => createConversations(db).nextDue()],
  ['a page of users', (db) => createUsers(db).page('IS', stretch)],
  ['a page of messages', (db) => createMessages(db).page('CH', stretch)],
  ['unread messages', (db) => createMessages(db).countAfter('CH', 5)],
  ['a page of recipients', (db) => createMessages(db).recipientsPage('CH', stretch)],
];

describe('a store with many conversations', () => {
  it.each(queries)('does not read all of them for %s', (_, ask) => {
    const plan = planOf(ask);
    expect(plan.length).toBeGreaterThan(0);
    for (const step of plan) expect(step).not.toMatch(/^SCAN|chatServiceSid=\?\)$/);
  });
});
