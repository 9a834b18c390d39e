import { isObject } from '../json.js';
import type { Database } from './database.js';
import type { DeliveryAggregate, MediaSummary, MessageRecipient, MessageRow } from './rows.js';
import { createTable, integer, json, optional, type Placed, type Stretch, text } from './table.js';

/** A page by message index. `from` is the first index of the page, in the direction of `order`. */
interface MessagePaging {
  order: 'asc' | 'desc';
  limit: number;
  from?: number;
}

interface Recipient {
  messageSid: string;
  recipient: MessageRecipient;
}

/** More than a message can have recipients, so that an index and a place among them make one number. */
const placesPerMessage = 100;

export interface Messages {
  bySid(sid: string): MessageRow | undefined;
  list(conversationSid: string, paging: MessagePaging): MessageRow[];
  /** The places of messages are their indexes. */
  page(conversationSid: string, stretch: Stretch): Placed<MessageRow>[];
  count(conversationSid: string): number;
  /** How many messages come after `index`: what is unread behind a read horizon. */
  countAfter(conversationSid: string, index: number): number;
  /** The recipients of all messages, one by one, in the order of the messages. */
  recipientsPage(conversationSid: string, stretch: Stretch): Placed<Recipient>[];
  insert(row: MessageRow): void;
  update(row: MessageRow): void;
  remove(sid: string): void;
}

const isChannelMetadata = (value: unknown): value is { type: string; data: unknown } =>
  isObject(value) && typeof value.type === 'string';
const isAggregate = (value: unknown): value is DeliveryAggregate =>
  isObject(value) && typeof value.total === 'number';

export function createMessages(database: Database): Messages {
  const table = createTable<MessageRow>(database, 'messages', ['sid'], {
    sid: text,
    conversationSid: text,
    index: integer,
    author: text,
    participantSid: optional(text),
    body: optional(text),
    subject: optional(text),
    attributes: text,
    medias: json((value): value is MediaSummary[] => Array.isArray(value) && value.every(isObject)),
    contentSid: optional(text),
    contentVariables: optional(text),
    channelMetadata: optional(json(isChannelMetadata)),
    delivery: optional(json(isAggregate)),
    recipients: json((value): value is MessageRecipient[] => Array.isArray(value) && value.every(isObject)),
    lastUpdatedBy: optional(text),
    dateCreated: integer,
    dateUpdated: integer,
  });
  return {
    bySid: (sid) => table.one('WHERE sid = ?', sid),
    list(conversationSid, { order, limit, from }) {
      const descending = order === 'desc';
      const start = from ?? (descending ? Number.MAX_SAFE_INTEGER : 0);
      return table.all(
        `WHERE conversationSid = ? AND "index" ${descending ? '<=' : '>='} ?
         ORDER BY "index" ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
        conversationSid,
        start,
        limit,
      );
    },
    page: (conversationSid, stretch) =>
      table.page('conversationSid = ?', [conversationSid], stretch, '"index"'),
    count: (conversationSid) => table.count('conversationSid = ?', conversationSid),
    countAfter: (conversationSid, index) =>
      table.count('conversationSid = ? AND "index" > ?', conversationSid, index),
    recipientsPage(conversationSid, { limit, after = -1, before = Number.MAX_SAFE_INTEGER }) {
      // Going back reads from the near end, and is turned round afterwards.
      const back = before !== Number.MAX_SAFE_INTEGER;
      const indexOf = (place: number): number => Math.floor(place / placesPerMessage);
      // Each of these has at least one, but for the message in which the page before ended.
      const addressed = table.all(
        `WHERE conversationSid = ? AND "index" >= ? AND "index" <= ? AND recipients <> '[]'
         ORDER BY "index" ${back ? 'DESC' : 'ASC'} LIMIT ?`,
        conversationSid,
        indexOf(after),
        indexOf(before),
        limit + 1,
      );
      const placed = (back ? addressed.reverse() : addressed).flatMap(
        ({ sid: messageSid, index, recipients }) =>
          recipients.map((recipient, nth) => ({
            place: index * placesPerMessage + nth,
            row: { messageSid, recipient },
          })),
      );
      const between = placed.filter(({ place }) => place > after && place < before);
      return back ? between.slice(-limit) : between.slice(0, limit);
    },
    insert: table.insert,
    update: table.update,
    remove: (sid) => table.remove('sid = ?', sid),
  };
}
