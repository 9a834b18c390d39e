import { backoffDelay } from './backoff.js';
import { connectionErrorCode, type RemoteConversation, type RemoteMessage } from './connection.js';
import { createCuttableWait } from './cuttable-wait.js';
import type { SessionClock, SessionCrypto } from './ports.js';
import { readRichContent } from './read-rich-content.js';
import type { RichContent } from './rich-content.js';
import type { ChatRole } from './snapshot.js';

/** Each of them is a file to load. */
const AT_ONCE = 3;
const TRIES = 5;
const MOST = 1_000;

/** What bots and agents put into their attributes. */
const contentIn = ({ attributes }: RemoteMessage): unknown =>
  ((attributes ?? {}) as { content?: unknown }).content;

/** Reads the buttons, cards and lists of messages, each once, as they come in. */
export interface ContentReader {
  /** By SID of the message; another map when something was read. */
  contents(): ReadonlyMap<string, RichContent | null>;
  saw(messages: readonly RemoteMessage[]): void;
  open(remote: RemoteConversation): void;
  interrupted(): void;
  /** Another conversation begins. */
  clear(): void;
}

export function createContentReader(options: {
  clock: SessionClock;
  crypto: SessionCrypto;
  roleOf(identity: string): ChatRole;
  /** Those in the window. */
  messages(): readonly RemoteMessage[];
  onChange(): void;
}): ContentReader {
  const { clock, crypto, roleOf } = options;
  let contents: ReadonlyMap<string, RichContent | null> = new Map();
  let remote: RemoteConversation | null = null;
  /** Those to be read, the one that was asked for last on top: it is what is looked at. */
  let stack: RemoteMessage[] = [];
  let asked = new Set<string>();
  let working = 0;
  let term = 0;
  const pauses = new Set<() => void>();

  const keep = (sid: string, content: RichContent | null): void => {
    if (contents.has(sid) && JSON.stringify(contents.get(sid)) === JSON.stringify(content)) return;
    contents = new Map([...[...contents].filter(([other]) => other !== sid).slice(1 - MOST), [sid, content]]);
    options.onChange();
  };

  /** `undefined` when it could not be read for now. */
  const read = async (from: RemoteConversation, index: number, mine: number) => {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      try {
        return readRichContent(await from.content(index));
      } catch (error) {
        const code = connectionErrorCode(error);
        if (code === 'refused' || code === 'not_found' || code === 'not_a_participant') return null;
        if (mine !== term || attempt === TRIES) return undefined;
        const pause = createCuttableWait(clock);
        pauses.add(pause.end);
        await pause.wait(backoffDelay(attempt, crypto));
        pauses.delete(pause.end);
        if (mine !== term) return undefined;
      }
    }
    return undefined;
  };

  const work = async (from: RemoteConversation, mine: number): Promise<void> => {
    for (let next = stack.pop(); next; next = stack.pop()) {
      const content = await read(from, next.index, mine);
      if (mine !== term) return;
      asked.delete(next.sid);
      // What could not be read is asked for again on the next connection.
      if (content !== undefined) keep(next.sid, content);
    }
    working -= 1;
  };

  const saw = (messages: readonly RemoteMessage[]): void => {
    for (const message of messages) {
      const { sid, contentSid, author } = message;
      if (contentSid === null) {
        const role = roleOf(author);
        if (role !== 'bot' && role !== 'agent') continue;
        if (contentIn(message) === undefined && !contents.has(sid)) continue;
        // This may be an older copy than the one that is held; an edit may have taken the content away.
        const held = options.messages().find((other) => other.sid === sid) ?? message;
        keep(sid, readRichContent(contentIn(held)));
      } else if (remote && !contents.has(sid) && !asked.has(sid)) {
        asked.add(sid);
        stack.push(message);
      }
    }
    for (; remote && working < Math.min(AT_ONCE, asked.size); working += 1) void work(remote, term);
  };

  const interrupted = (): void => {
    term += 1;
    remote = null;
    stack = [];
    asked = new Set();
    working = 0;
    for (const end of [...pauses]) end();
    pauses.clear();
  };

  return {
    contents: () => contents,
    saw,
    open(opened) {
      interrupted();
      remote = opened;
      saw(options.messages());
    },
    interrupted,
    clear() {
      interrupted();
      contents = new Map();
    },
  };
}
