import { createAlertClaims } from './alert-claims.js';
import type { RemoteConversation, RemoteMessage, RemoteParticipant } from './connection.js';
import type { HistoryState } from './history.js';
import { createOwnHorizon } from './own-horizon.js';
import type { Exclusive, SessionClock, SessionStorage } from './ports.js';
import type { ChatSnapshot } from './snapshot.js';
import type { TabNews } from './tab-message.js';
import { newestIndex } from './transcript.js';
import { createUnreadCount } from './unread-count.js';

/** What this visitor has seen and has not seen, as all of their tabs know it together. */
export interface Reading {
  state(): Pick<ChatSnapshot, 'unread' | 'readTo'>;
  /** What is stored of this conversation holds from now on. */
  open(conversationSid: string | null): void;
  /** The history is complete, and this is who takes part: the service can be told and asked. */
  live(participants: readonly RemoteParticipant[]): void;
  heard(messages: readonly RemoteMessage[]): void;
  removed(index: number): void;
  participantUpdated(participant: RemoteParticipant): void;
  /** Another tab of the visitor has read so far. */
  readElsewhere(news: TabNews & { kind: 'read' }): void;
  /** All that is shown has been seen here. */
  markRead(): void;
  claimAlert(index: number): Promise<boolean>;
  clear(): void;
  stop(): void;
}

export function createReading(options: {
  /** Storage key of the installation. */
  key: string;
  storage: SessionStorage;
  clock: SessionClock;
  exclusive: Exclusive;
  history(): HistoryState;
  /** Of the messages that the service is known to have. */
  newestIndex(): number;
  isOwn(identity: string): boolean;
  /** The open conversation while there is a link. */
  remote(): RemoteConversation | null;
  tellTabs(news: TabNews): void;
  onChange(): void;
}): Reading {
  const { key, isOwn, onChange } = options;
  let conversationSid: string | null = null;

  const horizon = createOwnHorizon({
    ...options,
    key: `${key}:read`,
    tellService: (index) => options.remote()?.markRead(index) ?? null,
    tellTabs: (sid, to) => options.tellTabs({ kind: 'read', conversationSid: sid, to }),
  });
  const unread = createUnreadCount({
    ...options,
    async ask() {
      // The service counts from what it knows as read.
      await horizon.settled();
      return (await options.remote()?.unreadCount()) ?? 0;
    },
  });
  const alerts = createAlertClaims({ ...options, key: `${key}:alerted`, readTo: horizon.readTo });

  const known = ({ identity, readTo }: RemoteParticipant): void => {
    if (identity !== null && isOwn(identity)) horizon.known(readTo);
  };

  return {
    state: () => ({ unread: unread.count(horizon.readTo()), readTo: horizon.readTo() }),
    open(sid) {
      conversationSid = sid;
      if (sid !== null && horizon.open(sid)) unread.clear();
    },
    live(participants) {
      participants.forEach(known);
      horizon.live(options.newestIndex());
      unread.live(horizon.readTo());
      onChange();
    },
    heard: unread.heard,
    removed: unread.removed,
    participantUpdated: known,
    readElsewhere({ conversationSid: sid, to }) {
      if (sid === conversationSid) horizon.heard(to);
    },
    markRead() {
      const { loaded, transcript } = options.history();
      // What was remembered is storage's word, and the service is told nothing of it.
      if (loaded) horizon.reach(newestIndex(transcript));
    },
    async claimAlert(index) {
      return conversationSid !== null && (await alerts.claim(conversationSid, index));
    },
    clear() {
      conversationSid = null;
      alerts.stop();
      horizon.clear();
      unread.clear();
    },
    stop() {
      conversationSid = null;
      alerts.stop();
    },
  };
}
