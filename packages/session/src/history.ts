import { ConnectionError, type RemoteConversation, type RemoteMessage } from './connection.js';
import {
  emptyTranscript,
  messageArrived,
  messageRemoved,
  messagesArrived,
  messagesReread,
  newestIndex,
  type Transcript,
} from './transcript.js';

/** How many messages are read again on a new connection, for the edits and removals that nobody heard. */
const REREAD = 200;

export interface HistoryState {
  transcript: Transcript;
  hasOlder: boolean;
  loadingOlder: boolean;
  /** The window ends before the newest message. */
  hasNewer: boolean;
  loadingNewer: boolean;
  loaded: boolean;
  /** What is here was remembered from the last visit. */
  remembered: boolean;
}

/** Keeps the messages of the open conversation complete: newest page first, older on demand, holes filled. */
export interface History {
  state(): HistoryState;
  /** Reads the newest page of a conversation, or, on a new connection, the last of what is known and all after it. */
  open(conversation: RemoteConversation): Promise<void>;
  /** The link was lost: from here on live messages prove nothing about those before them. */
  interrupted(): void;
  /** Reads what was missed. */
  catchUp(): Promise<void>;
  /** Rejects when nothing was read: what is not here afterwards is not in the conversation. */
  readAfter(index: number): Promise<void>;
  loadOlder(): Promise<void>;
  arrived(message: RemoteMessage): void;
  removed(index: number): void;
  /** Another conversation begins. */
  clear(): void;
}

export function createHistory(options: {
  pageSize: number;
  onChange(): void;
  /** Every message that was read or heard, also those that change nothing. */
  onMessages(messages: readonly RemoteMessage[]): void;
}): History {
  const { pageSize } = options;
  let transcript = emptyTranscript;
  let conversation: RemoteConversation | null = null;
  /** Nothing is missing from `oldest` to `readTo`. */
  let oldest = Number.POSITIVE_INFINITY;
  let readTo = -1;
  let unbroken = false;
  let hasOlder = false;
  let loaded = false;
  let older: Promise<void> | null = null;

  const merge = (next: Transcript, messages: readonly RemoteMessage[]): void => {
    transcript = next;
    options.onMessages(messages);
    options.onChange();
  };

  const readAfter = async (from: RemoteConversation, index: number): Promise<boolean> => {
    const messages = await from.after(index);
    if (conversation !== from) return false;
    if (loaded && index + 1 < oldest) {
      oldest = index + 1;
      hasOlder = index >= 0;
    }
    merge(messagesArrived(transcript, messages), messages);
    return true;
  };

  const caughtUp = (): void => {
    readTo = Math.max(readTo, newestIndex(transcript));
    unbroken = true;
  };

  const readOlder = async (from: RemoteConversation): Promise<void> => {
    const page = await from.page(pageSize, oldest);
    if (conversation !== from) return;
    oldest = page.messages[0]?.index ?? oldest;
    hasOlder = page.hasOlder && page.messages.length > 0;
    merge(messagesArrived(transcript, page.messages), page.messages);
  };

  return {
    state: () => ({
      transcript,
      hasOlder,
      loaded,
      loadingOlder: older !== null,
      hasNewer: false,
      loadingNewer: false,
      remembered: false,
    }),
    async open(opened) {
      conversation = opened;
      unbroken = false;
      if (loaded) {
        const from = Math.max(oldest, readTo + 1 - REREAD);
        const messages = await opened.after(from - 1);
        if (conversation !== opened) return;
        merge(messagesReread(transcript, { from, to: readTo }, messages), messages);
      } else {
        const page = await opened.page(pageSize);
        if (conversation !== opened) return;
        loaded = true;
        hasOlder = page.hasOlder;
        oldest = page.messages[0]?.index ?? 0;
        merge(messagesArrived(transcript, page.messages), page.messages);
      }
      caughtUp();
    },
    interrupted() {
      unbroken = false;
    },
    async catchUp() {
      if (conversation && (await readAfter(conversation, readTo))) caughtUp();
    },
    async readAfter(index) {
      if (conversation && (await readAfter(conversation, index))) return;
      throw new ConnectionError('not_sent', 'There is no conversation to read.');
    },
    loadOlder() {
      if (older) return older;
      if (!conversation || !hasOlder) return Promise.resolve();
      const reading = readOlder(conversation).finally(() => {
        if (older !== reading) return;
        older = null;
        options.onChange();
      });
      older = reading;
      options.onChange();
      return reading;
    },
    arrived(message) {
      // An edit of something older than what has been read: it will be read as it is then.
      if (loaded && message.index < oldest) return;
      merge(messageArrived(transcript, message), [message]);
      if (unbroken) readTo = Math.max(readTo, message.index);
    },
    removed(index) {
      transcript = messageRemoved(transcript, index);
      options.onChange();
    },
    clear() {
      conversation = null;
      transcript = emptyTranscript;
      oldest = Number.POSITIVE_INFINITY;
      readTo = -1;
      unbroken = false;
      hasOlder = false;
      loaded = false;
      older = null;
    },
  };
}
