import type { Database } from './database.js';
import type { DeliveryReceiptRow } from './rows.js';
import { createTable, integer, oneOf, type Placed, type Stretch, text } from './table.js';

export interface DeliveryReceipts {
  bySid(sid: string): DeliveryReceiptRow | undefined;
  ofMessage(messageSid: string): DeliveryReceiptRow[];
  page(messageSid: string, stretch: Stretch): Placed<DeliveryReceiptRow>[];
  insert(row: DeliveryReceiptRow): void;
  update(row: DeliveryReceiptRow): void;
}

export function createDeliveryReceipts(database: Database): DeliveryReceipts {
  const table = createTable<DeliveryReceiptRow>(database, 'deliveryReceipts', ['sid'], {
    sid: text,
    conversationSid: text,
    messageSid: text,
    participantSid: text,
    channelMessageSid: text,
    status: oneOf('sent', 'delivered', 'read', 'failed', 'undelivered'),
    errorCode: integer,
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    ofMessage: (sid) => table.all('WHERE messageSid = ? ORDER BY rowid', sid),
    page: (messageSid, stretch) => table.page('messageSid = ?', [messageSid], stretch),
    insert: table.insert,
    update: table.update,
  };
}
