import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { escapeText, openDatabase, unescapeText } from './database.js';
import { openStore } from './store.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'emulator-store-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('the database', () => {
  it('gives back any text, which the driver alone would cut at a NUL', () => {
    const database = openDatabase(':memory:');
    onTestFinished(database.close);
    database.exec('CREATE TABLE texts (text TEXT NOT NULL) STRICT');
    const texts = fc.string({
      unit: fc.oneof(fc.constantFrom('\0', '\u0001', 'e', '0', 'ü', '👋'), fc.string()),
    });
    fc.assert(
      fc.property(texts, (text) => {
        database.run('DELETE FROM texts');
        database.run('INSERT INTO texts VALUES (?)', [text]);
        expect(database.one('SELECT text FROM texts')?.text).toBe(text);
        expect(unescapeText(escapeText(text))).toBe(text);
      }),
    );
  });

  it('refuses a value that would abort the process', () => {
    const database = openDatabase(':memory:');
    onTestFinished(database.close);
    for (const value of [true, Number.NaN, undefined, {}]) {
      expect(() => database.one('SELECT ?', [value as never])).toThrow(TypeError);
    }
  });

  it('undoes a transaction that fails, with what it holds', () => {
    const database = openDatabase(':memory:');
    onTestFinished(database.close);
    database.exec('CREATE TABLE numbers (n INTEGER)');
    expect(() =>
      database.transaction(() => {
        database.run('INSERT INTO numbers VALUES (1)');
        database.transaction(() => database.run('INSERT INTO numbers VALUES (2)'));
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(database.all('SELECT n FROM numbers')).toEqual([]);
    database.transaction(() => database.run('INSERT INTO numbers VALUES (3)'));
    expect(database.all('SELECT n FROM numbers')).toEqual([{ n: 3 }]);
  });

  it('keeps the transactions of a batch together, and of one that fails nothing', () => {
    const database = openDatabase(':memory:');
    onTestFinished(database.close);
    database.exec('CREATE TABLE numbers (n INTEGER)');
    const add = (n: number) => database.run('INSERT INTO numbers VALUES (?)', [n]);
    const numbers = () => database.all('SELECT n FROM numbers').map(({ n }) => n);
    const part = fc.record({ adds: fc.array(fc.nat(99), { maxLength: 3 }), fails: fc.boolean() });
    fc.assert(
      fc.property(fc.array(part), fc.boolean(), (parts, batchFails) => {
        database.run('DELETE FROM numbers');
        const run = () =>
          database.batch(() => {
            for (const { adds, fails } of parts) {
              try {
                database.transaction(() => {
                  // What takes part in a transaction shares its fate.
                  for (const n of adds) database.transaction(() => add(n));
                  if (fails) throw new Error('part');
                });
              } catch (error) {
                expect(error).toHaveProperty('message', 'part');
              }
            }
            if (batchFails) throw new Error('batch');
          });
        if (batchFails) expect(run).toThrow('batch');
        else run();
        const kept = batchFails ? [] : parts.flatMap(({ adds, fails }) => (fails ? [] : adds));
        expect(numbers()).toEqual(kept);
      }),
    );
  });

  it('keeps nothing of a batch when the disk is full, and works again when it is not', () => {
    const database = openDatabase(join(folder(), 'store.db'));
    onTestFinished(database.close);
    database.exec('CREATE TABLE texts (text TEXT)');
    const add = (text: string) =>
      database.transaction(() => database.run('INSERT INTO texts VALUES (?)', [text]));
    database.exec('PRAGMA max_page_count = 10');
    const refused: unknown[] = [];
    const run = () =>
      database.batch(() => {
        for (const text of ['small', 'x'.repeat(100_000), 'small again']) {
          try {
            add(text);
          } catch (error) {
            refused.push(error);
          }
        }
      });
    let failed = false;
    try {
      run();
    } catch {
      failed = true;
    }
    expect(refused.length).toBeGreaterThan(0);
    // Either the one that did not fit is missing, or, where SQLite gave the transaction up, all of them.
    const kept = database.all('SELECT length(text) AS n FROM texts').map(({ n }) => n);
    expect(kept).toEqual(failed ? [] : [5, 11]);
    database.exec('PRAGMA max_page_count = 1000');
    add('after');
    expect(database.all('SELECT text FROM texts').at(-1)).toEqual({ text: 'after' });
  });
});

describe('the store', () => {
  it('keeps settings and the epoch in its file, and begins a new epoch when emptied', () => {
    const path = join(folder(), 'store.db');
    const first = openStore(path);
    first.settings.set('apiKeySid', 'SK1');
    const { epoch } = first;
    first.close();
    const second = openStore(path);
    onTestFinished(second.close);
    expect(second.epoch).toBe(epoch);
    second.reset();
    expect(second.epoch).not.toBe(epoch);
    expect(second.settings.get('apiKeySid')).toBe('SK1');
  });

  it('says what is wrong with a file it cannot use', () => {
    const path = join(folder(), 'store.db');
    writeFileSync(path, 'something else entirely'.repeat(100));
    expect(() => openStore(path)).toThrow(/Cannot open the store .*not a database/);
    expect(() => openStore(join(folder(), 'no', 'such', 'folder.db'))).toThrow(/Cannot open the store/);
  });

  it('does not touch a file of a newer release', () => {
    const path = join(folder(), 'store.db');
    const newer = openDatabase(path);
    newer.exec('PRAGMA user_version = 1000');
    newer.close();
    expect(() => openStore(path)).toThrow(/newer release/);
    // The refusal has let go of the file.
    const again = openDatabase(path);
    expect(again.one('PRAGMA user_version')).toMatchObject({ user_version: 1000 });
    again.close();
  });
});
