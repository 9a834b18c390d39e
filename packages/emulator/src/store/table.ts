import type { Database, RawRow, Value } from './database.js';

/** How one field is kept: every value read from the database is checked before it becomes part of a row. */
export interface Column<T> {
  read(value: unknown): T;
  write(value: T): Value;
}

const broken = (expected: string, value: unknown): Error =>
  new Error(`The store holds ${JSON.stringify(value)} where ${expected} belongs`);

export const text: Column<string> = {
  read(value) {
    if (typeof value !== 'string') throw broken('text', value);
    return value;
  },
  write: (value) => value,
};

export const integer: Column<number> = {
  read(value) {
    if (!Number.isSafeInteger(value)) throw broken('an integer', value);
    return Number(value);
  },
  write: (value) => value,
};

export const flag: Column<boolean> = {
  read: (value) => integer.read(value) === 1,
  write: (value) => (value ? 1 : 0),
};

/** A value kept as JSON. `check` tells whether what was read is one. */
export function json<T>(check: (value: unknown) => value is T): Column<T> {
  return {
    read(value) {
      const parsed: unknown = JSON.parse(text.read(value));
      if (!check(parsed)) throw broken('JSON of another shape', value);
      return parsed;
    },
    write: (value) => JSON.stringify(value),
  };
}

export const textList: Column<string[]> = json(
  (value): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string'),
);

export function oneOf<T extends string>(...allowed: readonly T[]): Column<T> {
  return {
    read(value) {
      const found = allowed.find((one) => one === value);
      if (found === undefined) throw broken(`one of ${allowed.join(', ')}`, value);
      return found;
    },
    write: (value) => value,
  };
}

export function optional<T>(column: Column<T>): Column<T | null> {
  return {
    read: (value) => (value === null ? null : column.read(value)),
    write: (value) => (value === null ? null : column.write(value)),
  };
}

export type Columns<Row> = { [Field in keyof Row]-?: Column<Row[Field]> };

/** The few statements every table needs. `tail` is SQL written by us (never input); values are bound. */
export interface Table<Row> {
  insert(row: Row): void;
  /** Writes all fields of the row with the same key. */
  update(row: Row): void;
  put(row: Row): void;
  one(tail: string, ...values: Value[]): Row | undefined;
  all(tail: string, ...values: Value[]): Row[];
  /** A stretch of the rows under `where`, in the order of the integer column `place`. */
  page(where: string, values: readonly Value[], stretch: Stretch, place?: string): Placed<Row>[];
  count(where: string, ...values: Value[]): number;
  remove(where: string, ...values: Value[]): void;
}

export function createTable<Row extends object>(
  database: Database,
  name: string,
  key: (keyof Row & string)[],
  columns: Columns<Row>,
): Table<Row> {
  const fields = Object.keys(columns) as (keyof Row & string)[];
  const quoted = fields.map((field) => `"${field}"`);
  const names = quoted.join(', ');
  const places = fields.map(() => '?').join(', ');
  const where = key.map((field) => `"${field}" = ?`).join(' AND ');
  const insertSql = `INSERT INTO ${name} (${names}) VALUES (${places})`;
  const putSql = `INSERT OR REPLACE INTO ${name} (${names}) VALUES (${places})`;
  // The key stays out of what is set, or SQLite writes its index again and looks at every foreign key.
  const settable = fields.filter((field) => !key.includes(field));
  const updateSql = `UPDATE ${name} SET ${settable.map((field) => `"${field}" = ?`).join(', ')} WHERE ${where}`;

  const write = (row: Row, list: readonly (keyof Row & string)[]): Value[] =>
    list.map((field) => columns[field].write(row[field]));
  const read = (raw: RawRow): Row => {
    const row: Partial<Row> = {};
    for (const field of fields) row[field] = columns[field].read(raw[field]);
    return row as Row;
  };

  return {
    insert: (row) => void database.run(insertSql, write(row, fields)),
    update: (row) => void database.run(updateSql, [...write(row, settable), ...write(row, key)]),
    put: (row) => void database.run(putSql, write(row, fields)),
    one(tail, ...values) {
      const raw = database.one(`SELECT ${names} FROM ${name} ${tail} LIMIT 1`, values);
      return raw && read(raw);
    },
    all: (tail, ...values) => database.all(`SELECT ${names} FROM ${name} ${tail}`, values).map(read),
    page(condition, values, { limit, order = 'asc', after, before }, place = 'rowid') {
      // Going back reads from the near end, and is turned round afterwards.
      const back = before !== undefined;
      const descending = back !== (order === 'desc');
      const bound = before ?? after ?? (descending ? Number.MAX_SAFE_INTEGER : -1);
      const sql = `SELECT ${place} AS place, ${names} FROM ${name}
        WHERE ${condition} AND ${place} ${descending ? '<' : '>'} ?
        ORDER BY ${place} ${descending ? 'DESC' : 'ASC'} LIMIT ?`;
      const placed = database
        .all(sql, [...values, bound, limit])
        .map((raw) => ({ place: integer.read(raw.place), row: read(raw) }));
      return back ? placed.reverse() : placed;
    },
    count: (condition, ...values) =>
      integer.read(database.one(`SELECT count(*) AS n FROM ${name} WHERE ${condition}`, values)?.n),
    remove: (condition, ...values) => void database.run(`DELETE FROM ${name} WHERE ${condition}`, values),
  };
}

/**
 * A stretch of a table cut by places, not by counts: what comes or goes elsewhere shifts nothing. `after` and `before`
 * are places in the direction of `order` and exclude their own row, which need not exist any more.
 */
export interface Stretch {
  limit: number;
  order?: 'asc' | 'desc';
  after?: number;
  before?: number;
}

export interface Placed<Row> {
  place: number;
  row: Row;
}
