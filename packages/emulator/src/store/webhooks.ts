import type { Database } from './database.js';
import type { WebhookRow } from './rows.js';
import { createTable, integer, oneOf, optional, type Placed, type Stretch, text, textList } from './table.js';

export interface Webhooks {
  bySid(sid: string): WebhookRow | undefined;
  list(conversationSid: string): WebhookRow[];
  page(conversationSid: string, stretch: Stretch): Placed<WebhookRow>[];
  count(conversationSid: string): number;
  insert(row: WebhookRow): void;
  update(row: WebhookRow): void;
  remove(sid: string): void;
}

export function createWebhookTable(database: Database): Webhooks {
  const table = createTable<WebhookRow>(database, 'webhooks', ['sid'], {
    sid: text,
    conversationSid: text,
    target: oneOf('webhook', 'studio', 'trigger'),
    url: optional(text),
    method: oneOf('GET', 'POST'),
    filters: textList,
    triggers: textList,
    flowSid: optional(text),
    replayAfter: optional(integer),
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    list: (conversationSid) => table.all('WHERE conversationSid = ? ORDER BY rowid', conversationSid),
    count: (conversationSid) => table.count('conversationSid = ?', conversationSid),
    page: (conversationSid, stretch) => table.page('conversationSid = ?', [conversationSid], stretch),
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
