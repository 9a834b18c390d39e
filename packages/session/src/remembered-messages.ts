import type { RemoteMedia, RemoteMessage } from './connection.js';
import type { SessionClock, SessionStorage } from './ports.js';

const VERSION = 1;
const MOST_MESSAGES = 50;
/** Characters, of which a browser gives an origin some five million in all. */
const MOST_TEXT = 64 * 1024;
const LIFE_MS = 30 * 24 * 3_600_000;
/** Not with each message: a bot's growing answer alone would write dozens of times. */
const WRITE_AFTER_MS = 2_000;

/** Whose messages these are, as they stand at the end of a conversation. */
export interface RememberedStretch {
  identity: string;
  conversationSid: string;
  messages: readonly RemoteMessage[];
}

/**
 * Keeps the last messages in storage, so that a returning visitor sees them before the service has been asked. Nothing
 * is kept where storage does not outlive the page.
 */
export interface RememberedMessages {
  /** The messages of just this visitor and conversation; none when they are not there, too old or make no sense. */
  read(identity: string, conversationSid: string): RemoteMessage[];
  /** Something may be different: it is written soon. */
  changed(): void;
  /** Writes what waits to be written. */
  flush(): void;
  /** Takes away what is kept, and forgets what waits to be written. */
  erase(): void;
}

export function createRememberedMessages(options: {
  clock: SessionClock;
  storage: SessionStorage;
  /** Storage key of the installation. */
  key: string;
  /** `null` while there is nothing worth remembering. */
  current(): RememberedStretch | null;
}): RememberedMessages {
  const { clock, storage } = options;
  const key = `${options.key}:snapshot`;
  let written: RememberedStretch['messages'] | null = null;
  let cancel: (() => void) | null = null;

  const write = (): void => {
    cancel = null;
    const stretch = options.current();
    if (!stretch || stretch.messages === written) return;
    written = stretch.messages;
    const text = serializeRemembered(stretch, clock.now());
    if (text === null) storage.remove(key);
    else storage.write(key, text);
  };

  return {
    read(identity, conversationSid) {
      if (!storage.lasting) return [];
      const text = storage.read(key);
      const found = parseRemembered(text, clock.now());
      if (text !== null && !found) storage.remove(key);
      const own = found?.identity === identity && found.conversationSid === conversationSid;
      return own ? found.messages : [];
    },
    changed() {
      if (storage.lasting) cancel ??= clock.after(WRITE_AFTER_MS, write);
    },
    flush() {
      if (!cancel) return;
      cancel();
      write();
    },
    erase() {
      cancel?.();
      cancel = null;
      written = null;
      if (storage.lasting) storage.remove(key);
    },
  };
}

/** As many of the last messages as fit; `null` when there are none. */
export function serializeRemembered(stretch: RememberedStretch, now: number): string | null {
  const { identity, conversationSid } = stretch;
  const texts: string[] = [];
  let room = MOST_TEXT - JSON.stringify({ identity, conversationSid }).length - 100;
  for (const message of stretch.messages.slice(-MOST_MESSAGES).reverse()) {
    const text = JSON.stringify(message);
    room -= text.length + 1;
    // What comes before one that does not fit would stand beside what comes after it.
    if (room < 0) break;
    texts.unshift(text);
  }
  if (texts.length === 0) return null;
  const head = JSON.stringify({ version: VERSION, at: now, identity, conversation_sid: conversationSid });
  return `${head.slice(0, -1)},"messages":[${texts.join(',')}]}`;
}

/** Total: whatever stands in storage gives messages that can be shown, or `null`. */
export function parseRemembered(
  text: string | null,
  now: number,
): (RememberedStretch & { messages: RemoteMessage[] }) | null {
  if (text === null || text.length > MOST_TEXT) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { version, at, identity, conversation_sid: conversationSid, messages } = fieldsOf(value);
  if (version !== VERSION || typeof identity !== 'string' || typeof conversationSid !== 'string') return null;
  // One that was written later than now comes from a clock that was put back since.
  if (!isNumber(at) || at > now || now - at > LIFE_MS || !Array.isArray(messages)) return null;
  const read = messages.slice(-MOST_MESSAGES).map(readMessage);
  const inOrder = read.every(
    (message, place) => message !== null && message.index > (read[place - 1]?.index ?? -1),
  );
  const apart = new Set(read.map((message) => message?.sid)).size === read.length;
  // All of them or none: one that is missing would be a hole.
  return inOrder && apart
    ? { identity, conversationSid, messages: read.filter((message) => message !== null) }
    : null;
}

function readMessage(value: unknown): RemoteMessage | null {
  const { sid, index, author, body, attributes, at, updatedAt, edited, media, contentSid } = fieldsOf(value);
  if (typeof sid !== 'string' || sid === '' || typeof author !== 'string' || typeof body !== 'string') {
    return null;
  }
  if (!Number.isSafeInteger(index) || !isNumber(at) || !isNumber(updatedAt)) return null;
  const files = Array.isArray(media) ? media.map(readMedia) : [];
  return {
    sid,
    index: index as number,
    author,
    body,
    attributes: attributes ?? {},
    at,
    updatedAt,
    edited: edited === true,
    media: files.filter((file) => file !== null),
    contentSid: typeof contentSid === 'string' ? contentSid : null,
  };
}

function readMedia(value: unknown): RemoteMedia | null {
  const { sid, name, type, size } = fieldsOf(value);
  if (typeof sid !== 'string' || typeof name !== 'string' || typeof type !== 'string') return null;
  return { sid, name, type, size: isNumber(size) ? size : 0 };
}

function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value : {};
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
