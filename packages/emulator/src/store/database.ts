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
  /** All or nothing. Inside another transaction it takes part in that one. */
  transaction<T>(work: () => T): T;
  /**
   * One commit for many transactions: those inside `work` fail each by itself, and are kept together. When the batch
   * fails, nothing of them is kept.
   */
  batch<T>(work: () => T): T;
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

interface ScopeStatements {
  begin: string;
  keep: string;
  undo: readonly string[];
  /** Whether transactions in it can fail by themselves. */
  holdsOthers: boolean;
}

interface Scope extends ScopeStatements {
  begun: boolean;
}

const wholeTransaction: ScopeStatements = {
  begin: 'BEGIN IMMEDIATE',
  keep: 'COMMIT',
  undo: ['ROLLBACK'],
  holdsOthers: false,
};
const partOfBatch: ScopeStatements = {
  begin: 'SAVEPOINT part',
  keep: 'RELEASE part',
  undo: ['ROLLBACK TO part', 'RELEASE part'],
  holdsOthers: false,
};

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
      // Each checkpoint waits for the disk: ten times rarer than by default, for a log of at most about 40 MB.
      driver.exec('PRAGMA wal_autocheckpoint = 10000');
      driver.exec('BEGIN IMMEDIATE');
      driver.exec('COMMIT');
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = /lock|busy/i.test(why) ? 'is another emulator running on it?' : 'is it a readable store?';
    throw new Error(`Cannot open the store ${path}: ${advice} (${why})`, { cause: error });
  }
  const statements = new Map<string, Libsql.Statement<unknown[]>>();
  /** Those that are open, outermost first: a batch, a transaction, or a transaction in a batch. */
  const scopes: Scope[] = [];

  const prepared = (sql: string): Libsql.Statement<unknown[]> => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = driver.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };

  // On the first write only: what just reads, or is refused before it writes, costs no transaction.
  const beforeWriting = (): void => {
    for (const scope of scopes) {
      if (!scope.begun) prepared(scope.begin).run();
      else requireOpen();
      scope.begun = true;
    }
  };
  // On a full disk SQLite may give up a whole transaction; what is written then would be kept piecemeal.
  const requireOpen = (): void => {
    if (!driver.inTransaction) throw new Error('The store gave up a transaction: is the disk full?');
  };
  const inScope = <T>(statements: ScopeStatements, work: () => T): T => {
    const scope: Scope = { ...statements, begun: false };
    scopes.push(scope);
    try {
      const result = work();
      if (scope.begun) {
        requireOpen();
        prepared(scope.keep).run();
      }
      return result;
    } catch (error) {
      if (scope.begun && driver.inTransaction) for (const sql of scope.undo) prepared(sql).run();
      throw error;
    } finally {
      scopes.pop();
    }
  };

  return {
    exec(sql) {
      beforeWriting();
      driver.exec(sql);
    },
    run(sql, values = []) {
      beforeWriting();
      return prepared(sql).run(...values.map(toDriver)).changes;
    },
    one: (sql, values = []) => fromDriver(prepared(sql).get(...values.map(toDriver))),
    all: (sql, values = []) =>
      prepared(sql)
        .all(...values.map(toDriver))
        .map((row) => fromDriver(row) ?? {}),
    transaction(work) {
      const outer = scopes.at(-1);
      if (outer === undefined) return inScope(wholeTransaction, work);
      return outer.holdsOthers ? inScope(partOfBatch, work) : work();
    },
    batch(work) {
      if (scopes.length > 0) throw new Error('A batch begins outside of transactions');
      return inScope({ ...wholeTransaction, holdsOthers: true }, work);
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
