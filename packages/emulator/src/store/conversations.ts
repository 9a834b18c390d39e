import type { Database } from './database.js';
import type { ConversationRow, ConversationState } from './rows.js';
import { createTable, integer, oneOf, optional, type Placed, type Stretch, text } from './table.js';

export interface Conversations {
  bySid(sid: string): ConversationRow | undefined;
  byUniqueName(serviceSid: string, name: string): ConversationRow | undefined;
  page(serviceSid: string, stretch: Stretch, state?: ConversationState): Placed<ConversationRow>[];
  /** Those whose timers have run out. */
  due(now: number): ConversationRow[];
  /** When the next timer runs out. */
  nextDue(): number | undefined;
  insert(row: ConversationRow): void;
  update(row: ConversationRow): void;
  /** Takes its participants, messages and webhooks with it. */
  remove(sid: string): void;
}

export function createConversations(database: Database): Conversations {
  const table = createTable<ConversationRow>(database, 'conversations', ['sid'], {
    sid: text,
    accountSid: text,
    chatServiceSid: text,
    messagingServiceSid: text,
    friendlyName: optional(text),
    uniqueName: optional(text),
    attributes: text,
    state: oneOf('active', 'inactive', 'closed'),
    stateUpdated: integer,
    createdBy: text,
    awaitedCreator: optional(text),
    nextMessageIndex: integer,
    lastMessageIndex: optional(integer),
    lastMessageTimestamp: optional(integer),
    timerInactive: optional(text),
    timerClosed: optional(text),
    dateInactive: optional(integer),
    dateClosed: optional(integer),
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    byUniqueName: (serviceSid, name) =>
      table.one('WHERE chatServiceSid = ? AND uniqueName = ?', serviceSid, name),
    // The plus keeps SQLite from the index of unique names, by which it would read and sort all for one page.
    page: (serviceSid, stretch, state) =>
      state === undefined
        ? table.page('+chatServiceSid = ?', [serviceSid], stretch)
        : table.page('+chatServiceSid = ? AND state = ?', [serviceSid, state], stretch),
    // An OR of the two dates would look at every conversation.
    due: (now) =>
      table.all(
        `WHERE sid IN (
           SELECT sid FROM conversations WHERE dateInactive <= ?
           UNION ALL SELECT sid FROM conversations WHERE dateClosed <= ?
         ) ORDER BY rowid`,
        now,
        now,
      ),
    nextDue() {
      const first = (column: 'dateInactive' | 'dateClosed') =>
        table.one(`WHERE ${column} IS NOT NULL ORDER BY ${column}`)?.[column] ?? Number.POSITIVE_INFINITY;
      const next = Math.min(first('dateInactive'), first('dateClosed'));
      return Number.isFinite(next) ? next : undefined;
    },
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
