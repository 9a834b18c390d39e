import type { HistoryState } from './history.js';
import type { PendingMessage } from './pending.js';
import type { SessionClock } from './ports.js';
import type { RichContent } from './rich-content.js';
import type { ChatMessage, ChatRole, ChatSnapshot, NoticeCode } from './snapshot.js';
import { createSnapshotStore, type SnapshotStore } from './snapshot-store.js';
import { type Facts, idleFacts, statusOf } from './status.js';
import { shownMessages } from './transcript.js';
import type { Visitor } from './visitor.js';

/** What the parts of a session know now, each by its owner. */
export interface Sources {
  history(): HistoryState;
  pending(): readonly PendingMessage[];
  visitor(): Visitor | null;
  conversationSid(): string | null;
  /** Everything that is shown as its owner gives it, unchanged as long as nothing changed. */
  rest(): Pick<ChatSnapshot, 'typing' | 'participants' | 'happenings' | 'unread' | 'readTo' | 'seenTo'>;
  roleOf(author: string): ChatRole;
  /** Rich content that was read, and what was chosen of it, by SID. */
  contents(): ReadonlyMap<string, RichContent | null>;
  choices(): ReadonlyMap<string, string>;
}

/** Puts what the parts know together into one snapshot after another. */
export interface Presentation extends Pick<SnapshotStore, 'get' | 'subscribe'> {
  facts(): Facts;
  publish(change?: Partial<Facts>): void;
  notice(code: NoticeCode): void;
  dismiss(code: NoticeCode): void;
  /** Nothing is known any more that was shown so far. */
  forget(): void;
}

export function createPresentation(clock: SessionClock, sources: Sources): Presentation {
  const snapshots = createSnapshotStore(clock);
  let facts: Facts = idleFacts;
  let notices: readonly NoticeCode[] = [];
  let shown: readonly ChatMessage[] = [];
  let shownOf: readonly unknown[] = [];

  const messages = (): readonly ChatMessage[] => {
    const { transcript, from, hasOlder } = sources.history();
    const pending = sources.pending();
    const visitor = sources.visitor();
    const contents = sources.contents();
    const choices = sources.choices();
    const of = [transcript, pending, visitor, contents, choices, hasOlder && from];
    // A list of thousands is made anew only when something in it can be different.
    if (of.some((part, place) => part !== shownOf[place])) {
      shownOf = of;
      shown = shownMessages(
        transcript,
        // What the service has taken has its place, which may lie before the window. What is on its way stands last.
        pending.filter(({ index }) => index === null || !hasOlder || index >= from),
        { identity: visitor?.uuid ?? '', roleOf: sources.roleOf, contents, choices },
        shown,
      );
    }
    return shown;
  };

  const publish = (change: Partial<Facts> = {}): void => {
    facts = { ...facts, ...change };
    const { hasOlder, loadingOlder, hasNewer, loadingNewer, loaded, remembered } = sources.history();
    snapshots.set({
      ...statusOf(facts),
      ...sources.rest(),
      notices,
      identity: sources.visitor()?.uuid ?? null,
      verified: sources.visitor()?.secret === null,
      conversationSid: sources.conversationSid(),
      messages: messages(),
      remembered,
      hasOlder,
      loadingOlder,
      hasNewer,
      loadingNewer,
      historyLoaded: loaded,
    });
  };

  return {
    get: snapshots.get,
    subscribe: snapshots.subscribe,
    facts: () => facts,
    publish,
    notice(code) {
      if (!notices.includes(code)) notices = [...notices, code];
    },
    forget() {
      notices = [];
      publish();
    },
    dismiss(code) {
      notices = notices.filter((other) => other !== code);
      publish();
    },
  };
}
