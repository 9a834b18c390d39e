import { readChoice } from './choices.js';
import type { PendingFile, PendingMessage } from './pending.js';
import type { SessionStorage } from './ports.js';
import type { MessageErrorCode } from './snapshot.js';

const VERSION = 1;
const ERRORS: readonly MessageErrorCode[] = [
  'too_long',
  'malformed_text',
  'refused',
  'conversation_closed',
  'too_many_files',
  'file_empty',
  'file_too_large',
  'file_type_not_allowed',
  'file_missing',
  'upload_failed',
];

/**
 * Writes what changed from `before` to `after`, and nothing else: other tabs write the same list, and what one of
 * them has delivered must not come back because this tab still remembers it.
 */
export function savePending(
  storage: SessionStorage,
  key: string,
  before: readonly PendingMessage[],
  after: readonly PendingMessage[],
): void {
  const old = new Map(before.map((entry) => [entry.cid, entry]));
  const stored = new Map(loadPending(storage, key).map((entry) => [entry.cid, entry]));
  for (const entry of after) {
    // What was delivered needs no storing: the service has it.
    if (entry.state === 'sent') stored.delete(entry.cid);
    else if (old.get(entry.cid) !== entry) stored.set(entry.cid, entry);
    old.delete(entry.cid);
  }
  for (const cid of old.keys()) stored.delete(cid);
  const messages = [...stored.values()].map(storedForm);
  if (messages.length === 0) storage.remove(key);
  else storage.write(key, JSON.stringify({ version: VERSION, messages }));
}

function storedForm({ cid, body, at, error, attempted, after, files, kept, choice }: PendingMessage): object {
  // Whoever finds it without the contents of its files has the text.
  const missing = kept ? null : 'file_missing';
  const form = { cid, body, at, error: error ?? missing, attempted, after, choice };
  if (files.length === 0) return form;
  return { ...form, files: files.map(({ name, type, size }) => ({ name, type, size })) };
}

/** Total: entries that make no sense are left out. */
export function loadPending(storage: SessionStorage, key: string): PendingMessage[] {
  try {
    const value: unknown = JSON.parse(storage.read(key) ?? 'null');
    if (typeof value !== 'object' || value === null) return [];
    const { version, messages } = value as Partial<Record<string, unknown>>;
    if (version !== VERSION || !Array.isArray(messages)) return [];
    return messages.map(readEntry).filter((entry) => entry !== null);
  } catch {
    return [];
  }
}

function readEntry(value: unknown): PendingMessage | null {
  if (typeof value !== 'object' || value === null) return null;
  const { cid, body, at, error, attempted, after, files = [] } = value as Partial<Record<string, unknown>>;
  if (typeof cid !== 'string' || cid === '' || typeof body !== 'string' || typeof at !== 'number')
    return null;
  const choice = readChoice(value);
  const found = Array.isArray(files) ? files.map(readFile).filter((file) => file !== null) : [];
  const complete = Array.isArray(files) && found.length === files.length;
  const known = ERRORS.find((code) => code === error) ?? (complete ? null : 'file_missing');
  return {
    cid,
    body,
    at,
    state: known ? 'failed' : 'queued',
    index: null,
    error: known,
    attempted: attempted === true,
    after: typeof after === 'number' && Number.isInteger(after) ? after : -1,
    files: found,
    kept: true,
    ...(choice && { choice }),
  };
}

function readFile(value: unknown): PendingFile | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, type, size } = value as Partial<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof type !== 'string' || typeof size !== 'number') return null;
  return { name, type, size, progress: null };
}

/**
 * Brings this tab's list and the stored one together, which other tabs write too. What is missing in storage was
 * delivered by another tab, or storage was emptied: only the history can tell, so it is looked for before sending.
 */
export function mergePending(
  mine: readonly PendingMessage[],
  stored: readonly PendingMessage[],
): readonly PendingMessage[] {
  const known = new Set(mine.map(({ cid }) => cid));
  const kept = new Map(stored.map((entry) => [entry.cid, entry]));
  const merged = mine.map((entry) => {
    const other = kept.get(entry.cid);
    // The tab it was written in has put them where all tabs find them.
    if (entry.error === 'file_missing' && other?.state === 'queued') return other;
    if (entry.state !== 'queued') return entry;
    // To others its files are missing, and here they are.
    if (!entry.kept) return entry;
    if (!other) return entry.attempted ? entry : { ...entry, attempted: true };
    // Refused in another tab, where the visitor was told.
    if (other.state === 'failed') return other;
    return other.attempted && !entry.attempted ? { ...entry, attempted: true, after: other.after } : entry;
  });
  const added = stored.filter(({ cid }) => !known.has(cid));
  const same = added.length === 0 && merged.every((entry, place) => entry === mine[place]);
  return same ? mine : [...merged, ...added];
}
