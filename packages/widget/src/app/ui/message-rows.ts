import type { ViewMessage } from './view.js';

export type Row =
  | { kind: 'day'; key: string; at: number }
  | { kind: 'message'; key: string; message: ViewMessage; first: boolean; last: boolean };

/** Messages further apart than this do not read as one utterance. */
const PAUSE_MS = 5 * 60_000;

const day = (at: number): string => new Date(at).toDateString();

/**
 * Sets messages into rows: a day's name before its first message, and runs of one author marked at their ends.
 * Days are the visitor's own, not UTC's.
 */
export function messageRows(messages: readonly ViewMessage[]): Row[] {
  const rows: Row[] = [];
  messages.forEach((message, place) => {
    const before = messages[place - 1];
    const after = messages[place + 1];
    if (!before || day(before.at) !== day(message.at)) {
      // The key names the message too: a wrong clock may bring the same day twice.
      rows.push({ kind: 'day', key: `day ${message.key}`, at: message.at });
    }
    rows.push({
      kind: 'message',
      key: message.key,
      message,
      first: !before || !together(before, message),
      last: !after || !together(message, after),
    });
  });
  return rows;
}

function together(a: ViewMessage, b: ViewMessage): boolean {
  const sameAuthor = a.own ? b.own : !b.own && a.author === b.author;
  return sameAuthor && Math.abs(b.at - a.at) <= PAUSE_MS && day(a.at) === day(b.at) && a.state !== 'failed';
}
