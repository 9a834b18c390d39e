import { backoffDelay } from './backoff.js';
import {
  type Connection,
  ConnectionError,
  type ConnectionErrorCode,
  type ConversationEvents,
  connectionErrorCode,
  connectionErrorWait,
  type RemoteConversation,
} from './connection.js';
import { findConversation, isGone } from './conversation-finder.js';
import { createCuttableWait } from './cuttable-wait.js';
import type { History } from './history.js';
import type { SessionClock, SessionCrypto } from './ports.js';
import type { ReasonCode } from './snapshot.js';
import type { VisitorStore } from './visitor.js';

const MAX_REFUSALS = 3;
const MAX_SILENCES = 2;
/** Whoever waits longer for a chat to begin is told so, and can do something about it. */
const SLOW_MS = 10_000;

/** The conversation of this page: opened or made on each new connection, caught up with on one that came back. */
export interface LiveConversation {
  /** Open on the present connection. */
  remote(): RemoteConversation | null;
  /** Stays when the connection goes. */
  sid(): string | null;
  /** Tries until the conversation is open and complete, or over, or told to stop. */
  bringUp(on: { connection: Connection; fresh: boolean; offered: string | null }): Promise<void>;
  /** Ends the wait between two tries, and a try that takes long. */
  retryNow(): void;
  /** Ends the trying; nothing that is still on its way has an effect. */
  interrupt(): void;
  /** The next one is that of `sid`, or a new one. */
  change(sid: string | null): void;
  /** It is over: the next one is another. */
  retire(): void;
  stop(): void;
}

export function createLiveConversation(options: {
  clock: SessionClock;
  crypto: SessionCrypto;
  visitors: VisitorStore;
  history: History;
  /** Heard for as long as the conversation they are about is the present one. */
  events: ConversationEvents;
  /** It has been seen on this page: then its end is news, and not only a reason to begin another. */
  wasLive(): boolean;
  /** Asks the service that makes conversations for the one after `ended`. */
  another(ended: string): Promise<string | null>;
  /** The stored conversation is gone, and another is made. */
  onReplaced(): void;
  /** Before its history is read. `another`: not the one that was open before. */
  onOpened(sid: string, another: boolean): void;
  onLive(remote: RemoteConversation): void;
  onEnded(reason: 'conversation_closed' | 'conversation_gone'): void;
  /** `retryAt` is `null` when it is tried again only on request. */
  onTrouble(reason: ReasonCode, retryAt: number | null): void;
  /** The connection says that it is up, and does not answer. */
  onSilence(connection: Connection): void;
}): LiveConversation {
  const { clock, crypto, visitors, history, events } = options;
  let remote: RemoteConversation | null = null;
  let sid: string | null = null;
  let retired: string | null = null;
  // Every try and every change of the link begins a new term; work of an old one gives up when it looks up.
  let term = 0;
  // Over all connections: a line that comes and goes must not make a loop of what the service refuses.
  let refusals = 0;
  let refusal: unknown = null;
  let stopListening = (): void => {};
  const pause = createCuttableWait(clock);
  /** The connection that has been asked for long. */
  let slow: Connection | null = null;
  let stopWaiting = (): void => {};

  const interrupt = (): void => {
    term += 1;
    pause.end();
    stopWaiting();
  };

  const watchTime = (connection: Connection): void => {
    const cancel = clock.after(SLOW_MS, () => {
      slow = connection;
      options.onTrouble('connection_failed', null);
    });
    stopWaiting = () => {
      cancel();
      slow = null;
    };
  };

  const eventsOf = (opened: RemoteConversation): ConversationEvents => {
    const present = (): boolean => remote === opened;
    return {
      messageAdded: (message) => present() && events.messageAdded(message),
      messageUpdated: (message) => present() && events.messageUpdated(message),
      messageRemoved: (message) => present() && events.messageRemoved(message),
      typing: (identity, on) => present() && events.typing(identity, on),
      participantJoined: (participant) => present() && events.participantJoined(participant),
      participantLeft: (participant) => present() && events.participantLeft(participant),
      participantUpdated: (participant) => present() && events.participantUpdated(participant),
      attributesChanged: (attributes) => present() && events.attributesChanged(attributes),
      ended: (reason) => present() && events.ended(reason),
    };
  };

  const open = async (connection: Connection, offered: string | null, mine: number): Promise<void> => {
    const opened = await findConversation({
      connection,
      visitors,
      crypto,
      offered,
      another: options.another,
      retired,
      wanted: () => mine === term,
      onGone() {
        // While it was on the screen, its end is news; at the start a new chat with a word of explanation is.
        if (options.wasLive() && retired === null) {
          throw new ConnectionError('closed', 'The conversation is gone.');
        }
        options.onReplaced();
      },
    });
    if (mine !== term) return;
    stopListening();
    const another = sid !== opened.sid;
    remote = opened;
    sid = opened.sid;
    retired = null;
    stopListening = opened.listen(eventsOf(opened));
    options.onOpened(opened.sid, another);
    await history.open(opened);
  };

  return {
    remote: () => remote,
    sid: () => sid,
    async bringUp({ connection, fresh, offered }) {
      interrupt();
      const mine = term;
      if (fresh) remote = null;
      for (let attempt = 1, silences = 0; ; attempt += 1) {
        watchTime(connection);
        try {
          if (refusals >= MAX_REFUSALS) throw refusal;
          if (remote && history.state().loaded) await history.catchUp();
          else await open(connection, offered, mine);
          break;
        } catch (error) {
          if (mine !== term) return;
          stopWaiting();
          const code = connectionErrorCode(error) ?? 'unknown_outcome';
          if (code === 'closed' || (options.wasLive() && isGone(error))) {
            return options.onEnded('conversation_gone');
          }
          // Between it was read and it was live: the next try looks for another one.
          if (isGone(error)) remote = null;
          silences += code === 'unknown_outcome' || code === 'not_sent' ? 1 : 0;
          if (silences >= MAX_SILENCES) return options.onSilence(connection);
          if (code === 'refused' || code === 'too_many') {
            refusals += 1;
            refusal = error;
          }
          const asked = connectionErrorWait(error);
          const delay = refusals >= MAX_REFUSALS ? null : (asked ?? 0) + backoffDelay(attempt, crypto);
          const reason = asked === null ? reasonOf(code, remote !== null) : 'rate_limited';
          options.onTrouble(reason, delay === null ? null : clock.now() + delay);
          await pause.wait(delay);
          if (mine !== term) return;
        }
      }
      if (mine !== term || !remote) return;
      stopWaiting();
      refusals = 0;
      if (remote.closed) options.onEnded('conversation_closed');
      else options.onLive(remote);
    },
    retryNow() {
      refusals = 0;
      pause.end();
      if (slow) options.onSilence(slow);
    },
    interrupt,
    change(next) {
      interrupt();
      refusals = 0;
      stopListening();
      remote = null;
      sid = next;
      // Of another visitor, who shall not have it among what is theirs.
      if (retired !== next) retired = null;
    },
    retire() {
      interrupt();
      refusals = 0;
      stopListening();
      remote = null;
      retired = sid;
      sid = null;
    },
    stop() {
      interrupt();
      refusals = 0;
      stopListening();
      remote = null;
    },
  };
}

function reasonOf(code: ConnectionErrorCode, opened: boolean): ReasonCode {
  if (code === 'too_many') return 'too_many_conversations';
  return code === 'refused' && !opened ? 'creation_refused' : 'connection_failed';
}
