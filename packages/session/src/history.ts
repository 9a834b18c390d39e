import { ConnectionError, type RemoteConversation, type RemoteMessage } from './connection.js';
import { createHeardMessages } from './heard-messages.js';
import {
  emptyWindow,
  isWithin,
  knownArrived,
  type MessageWindow,
  newerArrived,
  olderArrived,
  windowRemoved,
  windowReplaced,
  withoutOldest,
} from './message-window.js';
import { readBack, readEnd, readSame } from './read-window.js';

const WINDOW_PAGES = 10;
const SMALLEST_WINDOW = 300;

export interface HistoryState extends MessageWindow {
  loadingOlder: boolean;
  loadingNewer: boolean;
  loaded: boolean;
  /** What is here was remembered from the last visit. */
  remembered: boolean;
}

/**
 * Keeps a window on the messages of the open conversation: newest page first, older and newer ones on demand, nothing
 * missing in between, and never more than the window holds however long the conversation is.
 */
export interface History {
  state(): HistoryState;
  /** The newest index that the service is known to have; -1 when it has not been asked. */
  newestIndex(): number;
  /** Shows what was here at the last visit, until the service has been asked. */
  remember(messages: readonly RemoteMessage[]): void;
  /** Reads the newest page of a conversation, or, on a new connection, the whole window again and what follows. */
  open(conversation: RemoteConversation): Promise<void>;
  /** The link was lost: from here on live messages prove nothing about those before them. */
  interrupted(): void;
  /** Reads what was missed. */
  catchUp(): Promise<void>;
  /** Rejects when nothing was read: what is not here afterwards is not in the conversation. */
  readAfter(index: number): Promise<void>;
  loadOlder(): Promise<void>;
  loadNewer(): Promise<void>;
  /** Moves to the end; where that fails it is done when the conversation is there again. */
  showLatest(): Promise<void>;
  arrived(message: RemoteMessage): void;
  removed(index: number): void;
  /** The connection is closed: what the SDK holds of the conversation is let go. */
  release(): void;
  /** Another conversation begins. */
  clear(): void;
}

export function createHistory(options: {
  pageSize: number;
  /** Messages that are held at most. Default: ten pages, and not fewer than 300. */
  windowSize?: number;
  onChange(): void;
  /** Every message that was read or heard, also those that change nothing. */
  onMessages(messages: readonly RemoteMessage[]): void;
}): History {
  const { pageSize } = options;
  const limit = options.windowSize ?? Math.max(WINDOW_PAGES * pageSize, SMALLEST_WINDOW);
  let window = emptyWindow;
  let conversation: RemoteConversation | null = null;
  let loaded = false;
  let remembered = false;
  /** Whatever was said since the window was read has been heard. */
  let unbroken = false;
  /** How often the link was lost: an answer that comes with the loss says nothing of what follows. */
  let cuts = 0;
  let newest = -1;
  let latestWanted = false;
  /** This connection has not been asked yet for what is here from the one before it. */
  let stale = false;
  const heard = createHeardMessages(limit);
  let reads = 0;
  let move: { kind: 'older' | 'newer'; done: Promise<void> } | null = null;

  const set = (next: MessageWindow, messages: readonly RemoteMessage[] = []): void => {
    window = next;
    // What was remembered is storage's word.
    if (loaded) newest = Math.max(newest, window.to, messages.at(-1)?.index ?? -1);
    options.onMessages(messages);
    options.onChange();
  };

  /** Messages that came at the end. While an older page is on its way, the end that it belongs to stays. */
  const withNewer = (messages: readonly RemoteMessage[], hasNewer: boolean): MessageWindow =>
    newerArrived(window, messages, hasNewer, move?.kind === 'older' ? Number.POSITIVE_INFINITY : limit);

  /** Puts what was heard in its place, once it has one. */
  const placeHeard = (): void => {
    const messages = loaded && unbroken ? heard.list() : [];
    if (messages.length === 0) return;
    if (reads === 0) heard.clear();
    set(window.hasNewer ? knownArrived(window, messages) : withNewer(messages, false), messages);
  };

  const reading = async (work: () => Promise<void>): Promise<void> => {
    reads += 1;
    try {
      await work();
    } finally {
      reads -= 1;
      placeHeard();
    }
  };

  /** One move at a time: each begins where the one before it ended. */
  const moving = (
    kind: 'older' | 'newer',
    work: (from: RemoteConversation) => Promise<void>,
  ): Promise<void> => {
    const from = conversation;
    if (!from) return Promise.resolve();
    const mine = {
      kind,
      done: reading(() => work(from)).finally(() => {
        if (move !== mine) return;
        move = null;
        // What came meanwhile at the end, when nothing came at the other one.
        window = withoutOldest(window, limit);
        options.onChange();
      }),
    };
    move = mine;
    options.onChange();
    return mine.done;
  };
  const afterMove = (again: () => Promise<void>): Promise<void> =>
    (move?.done ?? Promise.resolve()).then(again, again);

  const jump = async (from: RemoteConversation): Promise<void> => {
    const before = cuts;
    const { messages, hasOlder } = await readEnd(from, { limit, pageSize, lost: heard.lost });
    if (conversation !== from) return;
    const first = messages[0]?.index ?? 0;
    const next =
      first <= window.to + 1
        ? newerArrived(window, messages, false, limit)
        : windowReplaced(window, messages, { hasOlder, hasNewer: false }, limit);
    unbroken = cuts === before;
    latestWanted = false;
    set(next, messages);
  };

  const history: History = {
    state: () => ({
      ...window,
      loaded,
      remembered,
      loadingOlder: move?.kind === 'older',
      loadingNewer: move?.kind === 'newer',
    }),
    newestIndex: () => newest,
    remember(messages) {
      if (loaded || conversation) return;
      window = windowReplaced(emptyWindow, messages, { hasOlder: false, hasNewer: false }, limit);
      remembered = true;
      options.onChange();
    },
    open: (opened) =>
      reading(async () => {
        conversation = opened;
        stale = true;
        unbroken = false;
        move = null;
        heard.clear();
        const [before, lost] = [cuts, heard.lost()];
        const again = { window: () => window, limit };
        const next = await (loaded && window.hasNewer && !latestWanted
          ? readSame(opened, again)
          : readBack(opened, { ...again, pageSize, onlyFirst: !loaded }));
        if (conversation !== opened) return;
        loaded = true;
        remembered = false;
        stale = false;
        latestWanted = false;
        // So much came meanwhile that the first of it was not kept.
        const whole = heard.lost() === lost || next.hasNewer;
        unbroken = whole && cuts === before;
        set(next, next.transcript.messages);
        if (!whole) await jump(opened);
      }),
    interrupted() {
      cuts += 1;
      unbroken = false;
    },
    async catchUp() {
      const from = conversation;
      if (!from) return;
      if (stale) return history.open(from);
      await reading(async () => {
        if (window.hasNewer && latestWanted) return jump(from);
        const [before, lost] = [cuts, heard.lost()];
        const messages = window.hasNewer ? [] : await from.after(window.to, limit);
        if (conversation !== from) return;
        // More was missed than is held: what is here now has its neighbours somewhere else.
        if (!window.hasNewer && (messages.length === limit || heard.lost() > lost)) return jump(from);
        unbroken = cuts === before;
        // Meanwhile it may have moved away from the end, for the visitor reads what is older.
        if (window.hasNewer) return;
        set(withNewer(messages, false), messages);
      });
    },
    async readAfter(index) {
      const from = conversation;
      await reading(async () => {
        for (let after = index, count = limit; count === limit; ) {
          const messages = (await from?.after(after, limit)) ?? [];
          if (!from || conversation !== from) {
            throw new ConnectionError('not_sent', 'There is no conversation to read.');
          }
          count = messages.length;
          const follows = !window.hasNewer && after <= window.to;
          set(follows ? withNewer(messages, false) : knownArrived(window, messages), messages);
          after = messages.at(-1)?.index ?? after;
        }
      });
    },
    loadOlder() {
      if (move) return move.kind === 'older' ? move.done : afterMove(history.loadOlder);
      if (!window.hasOlder) return Promise.resolve();
      return moving('older', async (from) => {
        const edge = window.from;
        const page = await from.page(pageSize, edge);
        if (conversation !== from || window.from !== edge) return;
        const next = olderArrived(window, page, limit);
        // The end was asked for meanwhile, and is here: it does not go for what is older.
        if (latestWanted && next.hasNewer && !window.hasNewer) return;
        latestWanted = false;
        set(next, page.messages);
      });
    },
    loadNewer() {
      if (move) return move.kind === 'newer' ? move.done : afterMove(history.loadNewer);
      if (!window.hasNewer) return Promise.resolve();
      return moving('newer', async (from) => {
        const edge = window.to;
        const lost = heard.lost();
        const messages = await from.after(edge, pageSize);
        if (conversation !== from || window.to !== edge) return;
        set(withNewer(messages, messages.length === pageSize || heard.lost() > lost), messages);
      });
    },
    showLatest() {
      // An older page that is on its way may be about to take the end away.
      latestWanted = window.hasNewer || move?.kind === 'older';
      if (!latestWanted) return Promise.resolve();
      if (move) return afterMove(history.showLatest);
      return moving('newer', jump);
    },
    arrived(message) {
      const { index } = message;
      newest = Math.max(newest, index);
      // The reading may have passed it before it was so.
      if (reads > 0 || !loaded) heard.add(message);
      if (!loaded) return;
      if (isWithin(window, index)) return set(knownArrived(window, [message]), [message]);
      // What is older than the window will be read as it is then.
      if (index < window.from) return;
      if (window.hasNewer) {
        // A message of this visitor's own must not leave the list before it comes back as what the service has.
        if (!latestWanted) options.onMessages([message]);
        return;
      }
      if (unbroken) set(withNewer([message], false), [message]);
      else heard.add(message);
    },
    removed(index) {
      heard.remove(index);
      set(windowRemoved(window, index, limit));
    },
    release() {
      conversation = null;
      unbroken = false;
      heard.clear();
      move = null;
    },
    clear() {
      history.release();
      window = emptyWindow;
      loaded = false;
      remembered = false;
      stale = false;
      newest = -1;
      latestWanted = false;
    },
  };
  return history;
}
