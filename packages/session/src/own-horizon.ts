import type { SessionStorage } from './ports.js';
import { isIndex } from './tab-message.js';

/**
 * How far this visitor has read, in any tab: it only moves forward. The service is told once, by the tab in which it
 * was read; storage remembers it for a badge that is right before the service answers.
 */
export interface OwnHorizon {
  readTo(): number;
  /** Begins with what is stored of this conversation; false when it is the present one. */
  open(conversationSid: string): boolean;
  /** Read here. */
  reach(index: number): void;
  /** Read in another tab, which tells the service. */
  heard(index: number): void;
  /** What the service has. */
  known(index: number): void;
  /** The service can be told. What is stored counts for nothing beyond `newest`, the last message that there is. */
  live(newest: number): void;
  /** Resolves when nothing is being told any more. */
  settled(): Promise<void>;
  clear(): void;
}

export function createOwnHorizon(options: {
  storage: SessionStorage;
  key: string;
  /** `null` while nobody can be told. */
  tellService(index: number): Promise<void> | null;
  /** It was read here. */
  tellTabs(conversationSid: string, index: number): void;
  onChange(): void;
}): OwnHorizon {
  const { storage, key } = options;
  let conversationSid: string | null = null;
  let reached = -1;
  let told = -1;
  /** Nobody vouches for what stands in storage. */
  let doubtful = -1;
  let telling: Promise<void> | null = null;
  let again = false;
  // What comes of a request for the conversation before says nothing of this one.
  let term = 0;

  const move = (index: number): boolean => {
    if (index <= reached) return false;
    reached = index;
    options.onChange();
    return true;
  };
  const save = (): void => {
    if (conversationSid === null || reached < 0) return;
    if (readMark(storage, key, conversationSid) < reached) writeMark(storage, key, conversationSid, reached);
  };

  const tell = (): void => {
    if (reached <= told) return;
    again = telling !== null;
    const index = reached;
    const request = telling ? null : options.tellService(index);
    if (!request) return;
    const mine = term;
    const settle = (knows: number): void => {
      if (mine !== term) return;
      telling = null;
      told = Math.max(told, knows);
      if (again || knows === index) tell();
    };
    telling = request.then(
      () => settle(index),
      () => settle(-1),
    );
  };

  const clear = (): void => {
    term += 1;
    conversationSid = null;
    reached = -1;
    told = -1;
    telling = null;
    again = false;
  };

  return {
    readTo: () => reached,
    open(sid) {
      if (sid === conversationSid) return false;
      clear();
      conversationSid = sid;
      doubtful = readMark(storage, key, sid);
      move(doubtful);
      return true;
    },
    reach(index) {
      if (conversationSid === null || !move(index)) return;
      save();
      options.tellTabs(conversationSid, index);
      tell();
    },
    heard: (index) => void move(index),
    known(index) {
      told = Math.max(told, index);
      if (move(index)) save();
    },
    live(newest) {
      if (reached === doubtful && reached > Math.max(newest, told)) {
        reached = Math.max(newest, told);
        options.onChange();
      }
      tell();
    },
    settled: async () => {
      while (telling) await telling;
    },
    clear,
  };
}

/** The index that is stored for this conversation; -1 for none. Total. */
export function readMark(storage: SessionStorage, key: string, conversationSid: string): number {
  try {
    const value = JSON.parse(storage.read(key) ?? 'null') as Partial<Record<string, unknown>> | null;
    return value?.conversationSid === conversationSid && isIndex(value.index) ? value.index : -1;
  } catch {
    return -1;
  }
}

export function writeMark(
  storage: SessionStorage,
  key: string,
  conversationSid: string,
  index: number,
): void {
  storage.write(key, JSON.stringify({ conversationSid, index }));
}
