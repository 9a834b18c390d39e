import { type Connection, ConnectionError, connectionErrorCode } from './connection.js';
import { type ConnectionKeeper, createConnectionKeeper } from './connection-keeper.js';
import type { ChatSession, ChatSessionOptions } from './contract.js';
import { createDraft } from './draft.js';
import { createHistory } from './history.js';
import { createLiveConversation } from './live-conversation.js';
import { createOutbox } from './outbox.js';
import type { PendingMessage } from './pending.js';
import { createReadHorizon } from './read-horizon.js';
import type { ChatMessage, NoticeCode } from './snapshot.js';
import { createSnapshotStore } from './snapshot-store.js';
import { type Facts, idleFacts, statusOf } from './status.js';
import { withTimeLimit } from './time-limit.js';
import { createTokenKeeper, type TokenKeeper } from './token.js';
import { clientIdOf, newestIndex, shownMessages, type Transcript } from './transcript.js';
import { createTyping } from './typing.js';
import { createUnseenWatch } from './unseen-watch.js';
import { createVisitorStore, proofOf, type Visitor } from './visitor.js';

const PAGE_SIZE = 30;
const PROBE_LIMIT_MS = 5_000;

/**
 * Makes the chat of one visitor. Nothing happens before {@link ChatSession.start}.
 *
 * @example
 * ```ts
 * const session = createChatSession({
 *   connect: async () => (await import('@conversations-web-chat/session/twilio')).createTwilioConnection,
 *   fetchToken: createFetchToken({ url: '/chat-widget', fetch }),
 *   ...ports, // createBrowserPorts({ window, storage: 'local' })
 * });
 * session.subscribe(() => render(session.getSnapshot()));
 * session.start();
 * session.send('Hello');
 * ```
 */
export function createChatSession(options: ChatSessionOptions): ChatSession {
  const { clock, crypto, storage } = options;
  const key = options.key ?? 'default';
  const name = `conversations-web-chat:${key}`;
  const visitors = createVisitorStore({ ...options, key, appId: options.appId ?? '' });

  const snapshots = createSnapshotStore(clock);
  let facts: Facts = idleFacts;
  let notices: readonly NoticeCode[] = [];
  let visitor: Visitor | null = null;
  let keeper: ConnectionKeeper | null = null;
  let token: TokenKeeper | null = null;
  let latest: { connection: Connection; offered: string | null } | null = null;
  /** The conversation that the token service is being asked for another one after. */
  let leaving: string | null = null;
  // Every start and stop begins a new run; what an old one still awaits has no effect.
  let run = 0;
  let bootFailed = false;
  let stopDelivering = (): void => {};
  let stopWatching = (): void => {};

  let shown: readonly ChatMessage[] = [];
  let shownOf: {
    transcript: Transcript;
    pending: readonly PendingMessage[];
    visitor: Visitor | null;
  } | null = null;

  const isOwn = (author: string): boolean =>
    visitor !== null && (author === visitor.uuid || visitor.previousIdentities.includes(author));

  const publish = (change: Partial<Facts> = {}): void => {
    facts = { ...facts, ...change };
    const log = history.state();
    const pending = outbox.entries();
    if (
      shownOf?.transcript !== log.transcript ||
      shownOf.pending !== pending ||
      shownOf.visitor !== visitor
    ) {
      shownOf = { transcript: log.transcript, pending, visitor };
      shown = shownMessages(log.transcript, pending, isOwn, visitor?.uuid ?? '', shown);
    }
    snapshots.set({
      ...statusOf(facts),
      notices,
      identity: visitor?.uuid ?? null,
      conversationSid: conversation.sid(),
      messages: shown,
      hasOlder: log.hasOlder,
      loadingOlder: log.loadingOlder,
      historyLoaded: log.loaded,
      typing: typing.identities(),
    });
  };

  const notice = (code: NoticeCode): void => {
    if (!notices.includes(code)) notices = [...notices, code];
  };

  const history = createHistory({
    pageSize: options.pageSize ?? PAGE_SIZE,
    onChange: () => publish(),
    onMessages(messages) {
      const own = messages.filter(({ author }) => author === visitor?.uuid);
      outbox.saw(own.map(({ attributes }) => clientIdOf(attributes)).filter((cid) => cid !== null));
    },
  });
  const newest = (): number => newestIndex(history.state().transcript);

  const outbox = createOutbox({
    ...options,
    key: name,
    newestIndex: newest,
    onChange() {
      unseen.look();
      publish();
    },
    onStall: () => void probe(),
    onClosed: (reason) => end(reason),
  });

  const typing = createTyping(clock, () => publish());
  const draft = createDraft(storage, name);

  const unseen = createUnseenWatch({
    clock,
    entries: outbox.entries,
    readAfter: (index) => (facts.live ? history.readAfter(index) : Promise.resolve()),
    onMissing: (cids) => facts.live && outbox.saw(cids),
  });

  const horizon = createReadHorizon(
    (index) => (facts.live && conversation.remote()?.markRead(index)) || null,
  );

  const conversation = createLiveConversation({
    clock,
    crypto,
    visitors,
    history,
    events: {
      messageAdded(message) {
        typing.heard(message.author, false);
        history.arrived(message);
      },
      messageUpdated: history.arrived,
      messageRemoved: ({ index }) => history.removed(index),
      typing: (identity, on) => !isOwn(identity) && typing.heard(identity, on),
      ended: (reason) => end(reason),
    },
    wasLive: () => facts.wasLive,
    async another(ended) {
      leaving = ended;
      // In this order both share one request, and the connection gets the new token as well.
      keeper?.renewToken();
      const asked = token?.renew().finally(() => {
        leaving = null;
      });
      const offered = (await asked)?.conversationSid ?? null;
      if (latest) latest = { ...latest, offered };
      return offered;
    },
    onReplaced: () => notice('previous_chat_gone'),
    onOpened(sid, another) {
      if (another) forgetMessages();
      visitor = visitors.read();
      outbox.open(sid);
      draft.open(sid);
    },
    onLive(remote) {
      stopDelivering = outbox.connect({
        send: (body, attributes) => remote.send(body, attributes),
        readAfter: history.readAfter,
      });
      publish({ live: true, wasLive: true, trouble: null });
      unseen.look();
      horizon.tell();
    },
    onEnded: (reason) => end(reason),
    onTrouble: (retryAt) => publish({ trouble: { reason: 'connection_failed', retryAt } }),
    onSilence: (connection) => keeper?.replace(connection),
  });

  const forgetMessages = (): void => {
    history.clear();
    horizon.clear();
  };

  /** A half-open socket looks alive for ever; only a question shows that nobody is there. */
  const probe = async (): Promise<void> => {
    const asked = latest?.connection;
    if (!facts.live || !asked) return;
    try {
      await withTimeLimit(history.readAfter(newest()), PROBE_LIMIT_MS, clock, () => {
        return new ConnectionError('unknown_outcome', 'The connection does not answer.');
      });
    } catch (error) {
      // An error that the service answered with is an answer.
      if (connectionErrorCode(error) === 'unknown_outcome' && latest?.connection === asked) {
        keeper?.replace(asked);
      }
    }
  };

  /** Nothing is sent or heard until the conversation is open again. */
  const interrupt = (): void => {
    conversation.interrupt();
    stopDelivering();
    history.interrupted();
    typing.clear();
  };

  const end = (reason: 'conversation_closed' | 'conversation_gone'): void => {
    if (facts.ended) return;
    interrupt();
    outbox.fail('conversation_closed');
    publish({ ended: reason, live: false });
  };

  const boot = async (): Promise<void> => {
    const mine = run;
    if (crypto.secureContext === false) return publish({ blocked: 'insecure_context' });
    if (storage.blocked) notice('storage_blocked');
    const ensured = await visitors.ensure();
    if (mine !== run) return;
    const enter = (as: Visitor): void => {
      visitor = as;
      conversation.change(as.conversationSid);
      outbox.open(as.conversationSid);
      draft.open(as.conversationSid);
    };
    enter(ensured);
    stopWatching = options.watchNetwork((online) => {
      publish({ networkGone: !online });
      if (online) keeper?.nudge();
    });
    token = createTokenKeeper({
      ...options,
      claim() {
        // Only then: a token that is merely due must not begin another conversation.
        const ended = leaving === null ? {} : { ended: leaving };
        return { identity: known().uuid, proof: proofOf(known()), ...ended };
      },
      async newIdentity(birthSeconds) {
        const old = known();
        const replaced = await visitors.replace(old.uuid, birthSeconds ?? undefined);
        if (mine !== run) return;
        // The old one's link may still be up. What is written from now on belongs to the new one.
        interrupt();
        if (old.conversationSid !== null) notice('previous_chat_gone');
        forgetMessages();
        enter(replaced);
        publish({ live: false });
      },
      onTrouble: (reason, retryAt) => publish({ trouble: { reason, retryAt } }),
      onGiveUp(reason) {
        publish({ blocked: reason });
        void keeper?.stop();
      },
      onDue: () => keeper?.renewToken(),
    });
    keeper = createConnectionKeeper({
      ...options,
      token,
      onUp(connection, fresh, { identity, conversationSid: offered }) {
        // Still the link of an identity that was replaced: what is opened by it would be that one's.
        if (identity !== known().uuid) return;
        latest = { connection, offered };
        if (!facts.ended) void conversation.bringUp({ connection, fresh, offered });
      },
      onDown() {
        latest = null;
        interrupt();
        publish({ live: false, trouble: null });
      },
      onTrouble: (reason, retryAt) => publish({ trouble: { reason, retryAt } }),
    });
    publish();
    keeper.start();
  };

  const bootOrTell = (): void => {
    const mine = run;
    bootFailed = false;
    boot().catch(() => {
      if (mine !== run) return;
      bootFailed = true;
      publish({ trouble: { reason: 'unexpected', retryAt: null } });
    });
  };

  const known = (): Visitor => {
    if (!visitor) throw new Error('A token is asked for before there is a visitor.');
    return visitor;
  };

  return {
    getSnapshot: snapshots.get,
    subscribe: snapshots.subscribe,
    start() {
      if (facts.started) return;
      run += 1;
      publish({ ...idleFacts, started: true });
      bootOrTell();
    },
    send(text) {
      outbox.add(text);
      if (facts.ended) outbox.fail('conversation_closed');
    },
    retry(cid) {
      if (!facts.ended) outbox.retry(cid);
    },
    discard: (cid) => outbox.discard(cid),
    typing() {
      const remote = facts.live ? conversation.remote() : null;
      if (remote && typing.due()) remote.typing().catch(() => {});
    },
    // A page that does not come may be the first sign of a line that is dead.
    loadOlder: () => history.loadOlder().catch(() => void probe()),
    markRead: () => horizon.reach(newest()),
    retryNow() {
      // A click is answered at once: what was wrong is not known to be wrong any more.
      if (!facts.live) publish({ trouble: null });
      conversation.retryNow();
      outbox.retryNow();
      if (bootFailed) bootOrTell();
      else if (!facts.blocked) keeper?.retryNow();
    },
    startNew() {
      if (!facts.started || !facts.ended) return;
      conversation.retire();
      forgetMessages();
      publish({ ended: null, live: false, wasLive: false, trouble: null });
      if (latest) void conversation.bringUp({ ...latest, fresh: true });
    },
    dismissNotice(code) {
      notices = notices.filter((other) => other !== code);
      publish();
    },
    draft: { read: draft.read, write: draft.write },
    async stop() {
      run += 1;
      bootFailed = false;
      stopWatching();
      interrupt();
      conversation.stop();
      unseen.clear();
      token?.stop();
      const closing = keeper?.stop();
      keeper = null;
      token = null;
      latest = null;
      publish(idleFacts);
      await closing;
    },
  };
}
