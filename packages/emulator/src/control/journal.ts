import { type Clock, isoDate } from '../clock.js';

/** A frame, request or webhook delivery that passed. What it held is not here: no token, secret, header or message. */
export interface JournalEntry {
  direction: 'in' | 'out';
  /** Who the socket belongs to; `null` for a request, and for a socket that has not proved itself. */
  identity: string | null;
  /** The frame's method, for what travelled on a socket. */
  frame?: string;
  /** Of the HTTP request, in a frame or plain. */
  method?: string;
  /** Without its query. */
  path?: string;
  status?: number;
  /** Of a push notification that would be sent: its kind, the conversation, to how many apps. */
  push?: string;
  conversation?: string;
  registrations?: number;
  /** Bytes of the frame; of a plain request, of the body it was answered with. */
  size: number;
  /** The event of a webhook delivery. */
  webhook?: string;
  /** Host and path a webhook was told at. */
  target?: string;
  /** Why a delivery failed. */
  failed?: string;
  /** Milliseconds that a delivery took. */
  ms?: number;
}

/** The last things that passed. */
export interface Journal {
  add(entry: JournalEntry): void;
  /** One JSON object a line, the oldest first. */
  lines(): string;
}

type Occasional = 'push' | 'conversation' | 'registrations' | 'webhook' | 'target' | 'failed' | 'ms';

/** Fields in the order in which they are written. */
interface JournalLine
  extends Record<Exclude<keyof JournalEntry, Occasional>, unknown>,
    Partial<Record<Occasional, unknown>> {
  time: number;
}

const longestPath = 300;

// A slice would keep the whole text alive that it was cut from, which a client may have made as long as a frame.
const ownCopy = (text: string | undefined, length: number): string | undefined =>
  text && Buffer.from(text.slice(0, length)).toString();

/** Keeps the last `length` entries and forgets the rest. */
export function createJournal(clock: Clock, length = 1_000): Journal {
  const kept: JournalLine[] = [];
  return {
    add({ push, conversation, registrations, webhook, target, failed, ms, ...entry }) {
      const { direction, identity, frame, method, path, status, size } = entry;
      // A whole URL where a path belongs may hold a password.
      const shortPath = path === undefined || path.startsWith('/') ? ownCopy(path, longestPath) : '?';
      // Written out when somebody asks: every frame passes here, and hardly any is looked at.
      kept.push({
        time: clock.now(),
        direction,
        identity,
        frame,
        method: ownCopy(method, 20),
        path: shortPath,
        status,
        ...(push !== undefined && { push, conversation, registrations }),
        size,
        ...(webhook !== undefined && {
          webhook,
          target: ownCopy(target, longestPath),
          failed: ownCopy(failed, longestPath),
          ms,
        }),
      });
      // In blocks, so that an entry costs the same however many are kept.
      if (kept.length >= 2 * length) kept.splice(0, kept.length - length);
    },
    lines: () =>
      kept
        .slice(-length)
        .map((entry) => `${JSON.stringify({ ...entry, time: isoDate(entry.time) })}\n`)
        .join(''),
  };
}
