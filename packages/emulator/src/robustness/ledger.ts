import { isObject, parseJson } from '../json.js';
import type { MessageRow } from '../store/rows.js';
import type { Store } from '../store/store.js';

/**
 * What a writer may find in the store: for each thing it wrote, the values that are possible. A write that begins adds
 * one, as it may be carried out though its answer is lost; one that is acknowledged leaves no other.
 */
export interface Ledger {
  begin(thing: string, value: string): void;
  acknowledge(thing: string, value: string): void;
  things(): Iterable<[string, ReadonlySet<string>]>;
}

export const absent = 'absent';
export const there = 'there';

export function createLedger(): Ledger {
  const possible = new Map<string, Set<string>>();
  return {
    begin: (thing, value) => void possible.set(thing, new Set([...(possible.get(thing) ?? [absent]), value])),
    acknowledge: (thing, value) => void possible.set(thing, new Set([value])),
    things: () => possible,
  };
}

/** The name a writer gave its message, in its attributes: the SDK has none to offer before the send is answered. */
export function nameOf(attributes: unknown): string {
  return isObject(attributes) ? String(attributes.name) : '';
}

/** A sentence for whatever of a conversation is not as one of the ledgers allows. */
export function checkLedgers(store: Store, conversationSid: string, ledgers: readonly Ledger[]): string[] {
  const complaints: string[] = [];
  const messages = new Map<string, MessageRow[]>();
  for (const row of store.messages.list(conversationSid, { order: 'asc', limit: 1_000_000 })) {
    const name = nameOf(parseJson(row.attributes));
    messages.set(name, [...(messages.get(name) ?? []), row]);
  }
  for (const [name, rows] of messages) {
    if (rows.length > 1) complaints.push(`${name} is in the store ${rows.length} times`);
  }
  const markOf = (row: MessageRow): string => {
    const attributes = parseJson(row.attributes);
    return isObject(attributes) && attributes.mark !== undefined ? String(attributes.mark) : absent;
  };
  const found = (thing: string): string => {
    const [kind = '', name = ''] = thing.split(' ');
    const row = messages.get(name)?.[0];
    switch (kind) {
      case 'message':
        return row ? there : absent;
      case 'index':
        return row ? String(row.index) : absent;
      case 'body':
        return row?.body ?? absent;
      case 'mark':
        return row ? markOf(row) : absent;
      case 'participant':
        return store.participants.byIdentity(conversationSid, name) ? there : absent;
      case 'horizon':
        return String(store.participants.byIdentity(conversationSid, name)?.lastReadMessageIndex ?? absent);
      case 'conversation':
        return store.conversations.byUniqueName(serviceOf(store, conversationSid), name) ? there : absent;
      default:
        throw new Error(`A ledger knows no ${kind}`);
    }
  };
  for (const ledger of ledgers) {
    for (const [thing, possible] of ledger.things()) {
      const value = found(thing);
      // What was removed has no index, body or mark any more; whether it may be gone is told by its own line.
      const gone = value === absent && /^(index|body|mark) /.test(thing);
      if (!gone && !possible.has(value)) {
        complaints.push(`${thing} is ${value}, not ${[...possible].join(' or ')}`);
      }
    }
  }
  return complaints;
}

const serviceOf = (store: Store, conversationSid: string): string =>
  store.conversations.bySid(conversationSid)?.chatServiceSid ?? '';
