import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, Conversation } from '@twilio/conversations';
import { describe, expect, it, onTestFinished } from 'vitest';
import { shareConversation, startService } from '../conformance/service.js';
import { type Database, openDatabase, type Value } from '../store/database.js';
import { migrations } from '../store/schema.js';
import { openStore } from '../store/store.js';
import { helperFor } from '../testing/start.js';
import { checkStore } from './check-store.js';
import { storedView } from './stored-view.js';

/** The SHA-256 of each entry that files out there were made with. */
const released = [
  '8d40fcdc9e8109acd6f583d0289b3ced462b18edd74ada66abcba540e44e469f',
  '3c1a5cb5ded9d9970d7febfe11f3463a515b8e0bc6d371b630dab61499e06291',
];

function folderOfTest(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A file with something of everything that version 1 had a table for. */
async function makeFile(data: string): Promise<Conversation> {
  const service = await startService({ data });
  const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
  const [mine, theirs] = await shareConversation(alice, bob);
  for (const body of ['zero', 'one\0with a NUL', 'two']) await mine!.sendMessage(body, { body });
  const [, one, two] = (await mine!.getMessages()).items;
  await one!.updateBody('one, edited');
  await two!.remove();
  await theirs!.updateLastReadMessageIndex(1);
  await theirs!.setUserNotificationLevel('muted');
  await bob.user.updateFriendlyName('Bob');
  const { v1 } = helperFor({ emulator: service }).conversations;
  await v1.conversations(mine!.sid).webhooks.create({
    target: 'webhook',
    ...{ 'configuration.url': 'http://127.0.0.1:9/', 'configuration.filters': ['onMessageAdded'] },
  });
  await v1.configuration.webhooks().update({ postWebhookUrl: 'http://127.0.0.1:9/' });
  await Promise.all([alice.shutdown(), bob.shutdown()]);
  await service.close();
  return mine!;
}

const tablesOf = (database: Database): string[] =>
  database
    .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .map(({ name }) => String(name));
const columnsOf = (database: Database, table: string): string[] =>
  database.all(`SELECT name FROM pragma_table_info('${table}')`).map(({ name }) => `"${name}"`);
// The order of insertion is the order of pages; settings are replaced as the store opens, and have none.
const rowsOf = (database: Database, table: string, columns: readonly string[]): Value[][] =>
  database
    .all(`SELECT ${columns.join(', ')} FROM ${table} ORDER BY ${table === 'settings' ? 1 : 'rowid'}`)
    .map((row) => Object.values(row) as Value[]);

/** Writes what of a file fits into the schema of an earlier version. Answers its rows by table. */
function goBack(
  from: string,
  to: string,
  version: number,
): Record<string, { columns: string[]; rows: Value[][] }> {
  const source = openDatabase(from);
  const target = openDatabase(to);
  for (const sql of migrations.slice(0, version)) target.exec(sql);
  target.exec(`PRAGMA user_version = ${version}`);
  const written: ReturnType<typeof goBack> = {};
  target.exec('PRAGMA foreign_keys = OFF');
  for (const table of tablesOf(target)) {
    const columns = columnsOf(target, table);
    const rows = rowsOf(source, table, columns);
    const places = columns.map(() => '?').join(', ');
    for (const row of rows)
      target.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`, row);
    written[table] = { columns, rows };
  }
  source.close();
  target.close();
  return written;
}

describe('a file of an earlier release', () => {
  it('has the schema that was released: its entries are never edited', () => {
    const sums = migrations
      .slice(0, released.length)
      .map((sql) => createHash('sha256').update(sql).digest('hex'));
    expect(sums).toEqual(released);
  });

  it.each([1, 2])('opens with all its rows, and works on (version %i)', async (version) => {
    const folder = folderOfTest();
    const today = join(folder, 'today.sqlite');
    const { sid } = await makeFile(today);
    const data = join(folder, 'earlier.sqlite');
    const written = goBack(today, data, version);
    const kinds = ['conversations', 'participants', 'messages', 'users', 'webhooks', 'webhookConfigurations'];
    for (const table of [...kinds, 'syncObjects', 'syncItems', 'settings', 'services']) {
      expect([table, written[table]?.rows.length]).toEqual([table, expect.any(Number)]);
      expect(written[table]?.rows).not.toEqual([]);
    }

    openStore(data).close();
    const opened = openDatabase(data);
    expect(opened.all('PRAGMA user_version')).toEqual([{ user_version: migrations.length }]);
    expect(opened.all('PRAGMA foreign_key_check')).toEqual([]);
    expect(opened.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    for (const [table, { columns, rows }] of Object.entries(written)) {
      expect([table, rowsOf(opened, table, columns)]).toEqual([table, rows]);
    }
    opened.close();

    const service = await startService({ data });
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const mine = await alice.getConversationBySid(sid);
    expect(await bodies(bob, sid)).toEqual(['zero', 'one, edited']);
    expect(await mine.sendMessage('three')).toBe(3);
    // Roles have rows since version 3: who was an admin is one.
    await mine.updateFriendlyName('still mine');
    await mine.add('carol');
    await expect((await bob.getConversationBySid(sid)).updateFriendlyName('x')).rejects.toMatchObject({
      body: { code: 50107 },
    });
    await Promise.all([alice.shutdown(), bob.shutdown()]);
    await service.close();
    const store = openStore(data);
    onTestFinished(store.close);
    expect(checkStore(store, service.credentials.serviceSid)).toEqual([]);
    expect(storedView(store, sid).messages).toHaveLength(3);
  });

  it('of a later release is refused with a sentence, and not touched', async () => {
    const data = join(folderOfTest(), 'later.sqlite');
    const later = openDatabase(data);
    later.exec(`CREATE TABLE future (x); PRAGMA user_version = ${migrations.length + 1}`);
    later.close();
    await expect(startService({ data })).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('it was made by a newer release'),
    });
    const again = openDatabase(data);
    onTestFinished(again.close);
    expect(tablesOf(again)).toEqual(['future']);
  });
});

async function bodies(client: Client, sid: string): Promise<(string | null)[]> {
  const conversation = await client.getConversationBySid(sid);
  return (await conversation.getMessages()).items.map(({ body }) => body);
}
