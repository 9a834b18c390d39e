import type { Database } from './database.js';

/** Named texts that belong to the store and outlive a reset, such as the credentials of a file store. */
export interface Settings {
  get(name: string): string | null;
  set(name: string, value: string): void;
}

export function createSettings(database: Database): Settings {
  return {
    get(name) {
      const value = database.one('SELECT value FROM settings WHERE name = ?', [name])?.value;
      return typeof value === 'string' ? value : null;
    },
    set: (name, value) =>
      void database.run('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)', [name, value]),
  };
}
