import type { Database } from './database.js';
import type { MediaRow } from './rows.js';
import { createTable, integer, oneOf, optional, text } from './table.js';

export interface Media {
  bySid(sid: string): MediaRow | undefined;
  /** Whether there is a row: what has none lies on disk for nothing. */
  has(sid: string): boolean;
  ofConversation(conversationSid: string): MediaRow[];
  insert(row: MediaRow): void;
  update(row: MediaRow): void;
  remove(sid: string): void;
}

export function createMedia(database: Database): Media {
  const table = createTable<MediaRow>(database, 'media', ['sid'], {
    sid: text,
    chatServiceSid: text,
    author: text,
    conversationSid: optional(text),
    messageSid: optional(text),
    category: oneOf('media', 'body', 'history'),
    filename: optional(text),
    contentType: text,
    size: integer,
    rendered: optional(text),
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    has: (sid) => table.count('sid = ?', sid) > 0,
    ofConversation: (sid) => table.all('WHERE conversationSid = ? ORDER BY rowid', sid),
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
