import Libsql from 'libsql';

/** What may be bound to a statement. The driver aborts the whole process on a boolean, so nothing else gets through. */
export type Value = string | number | null;
export type RawRow = Record<string, unknown>;

/** A synchronous SQLite database. This file alone knows the driver and its quirks. */
export interface Database {
  exec(sql: string): void;
  /** Answers how many rows changed. */
  run(sql: string, values?: readonly Value[]): number;
  one(sql: string, values?: readonly Value[]): RawRow | undefined;
  all(sql: string, values?: readonly Value[]): RawRow[];
  /** Inside another transaction it takes part in that one. */
  transaction<T>(work: () => T): T;
  close(): void;
}

// The driver reads text up to its first NUL and would lose the rest, so NUL is kept escaped.
const ESCAPE = '\u0001';
const NUL = '\u0000';

export function escapeText(text: string): string {
  if (!text.includes(NUL) && !text.includes(ESCAPE)) return text;
  return text.replaceAll(ESCAPE, `${ESCAPE}e`).replaceAll(NUL, `${ESCAPE}0`);
}

export function unescapeText(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replaceAll(`${ESCAPE}0`, NUL).replaceAll(`${ESCAPE}e`, ESCAPE);
}

function toDriver(value: Value): Value {
  if (value === null) return null;
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(`The store takes text, finite numbers and null, not ${String(value)}`);
}

function fromDriver(row: unknown): RawRow | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  const result: RawRow = {};
  for (const [name, value] of Object.entries(row)) {
    result[name] = typeof value === 'string' ? unescapeText(value) : value;
  }
  return result;
}

/**
 * Opens `:memory:` or a file. A file belongs to one process at a time: pushes to sockets are made from memory, so
 * a second writer would go unheard.
 */
export function openDatabase(path: string): Database {
  let driver: Libsql.Database;
  try {
    driver = new Libsql(path);
    if (path !== ':memory:') {
      driver.exec('PRAGMA locking_mode = EXCLUSIVE');
      driver.exec('PRAGMA journal_mode = WAL');
      driver.exec('PRAGMA synchronous = NORMAL');
      driver.exec('BEGIN IMMEDIATE');
      driver.exec('COMMIT');
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = /lock|busy/i.test(why) ? 'is another emulator running on it?' : 'is it a readable store?';
    throw new Error(`Cannot open the store ${path}: ${advice} (${why})`, { cause: error });
  }
  const statements = new Map<string, Libsql.Statement<unknown[]>>();
  let inTransaction = false;

  const prepared = (sql: string): Libsql.Statement<unknown[]> => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = driver.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };

  return {
    exec: (sql) => void driver.exec(sql),
    run: (sql, values = []) => prepared(sql).run(...values.map(toDriver)).changes,
    one: (sql, values = []) => fromDriver(prepared(sql).get(...values.map(toDriver))),
    all: (sql, values = []) =>
      prepared(sql)
        .all(...values.map(toDriver))
        .map((row) => fromDriver(row) ?? {}),
    transaction(work) {
      if (inTransaction) return work();
      driver.exec('BEGIN IMMEDIATE');
      inTransaction = true;
      try {
        const result = work();
        driver.exec('COMMIT');
        return result;
      } catch (error) {
        driver.exec('ROLLBACK');
        throw error;
      } finally {
        inTransaction = false;
      }
    },
    close() {
      statements.clear();
      // The driver closes for good only once its statements are collected; the file is free for others at once.
      if (path !== ':memory:') {
        driver.exec('PRAGMA journal_mode = DELETE');
        driver.exec('PRAGMA locking_mode = NORMAL');
        driver.exec('SELECT 1 FROM sqlite_schema');
      }
      driver.close();
    },
  };
}
