import { backoffDelay } from './backoff.js';
import {
  type Connection,
  ConnectionError,
  type ConversationEvents,
  connectionErrorCode,
  type RemoteConversation,
} from './connection.js';
import { type ConnectionKeeper, createConnectionKeeper } from './connection-keeper.js';
import type { ChatSession, ChatSessionOptions } from './contract.js';
import { findConversation, isGone } from './conversation-finder.js';
import { createDraft } from './draft.js';
import { createHistory } from './history.js';
import { createOutbox } from './outbox.js';
import type { PendingMessage } from './pending.js';
import type { TokenGrant } from './ports.js';
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
const MAX_REFUSALS = 3;

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

  const snapshots = createSnapshotStore();
  let facts: Facts = idleFacts;
  let notices: readonly NoticeCode[] = [];
  let visitor: Visitor | null = null;
  let conversation: RemoteConversation | null = null;
  /** The conversation of this page; stays when the connection goes. */
  let conversationSid: string | null = null;
  let retired: string | null = null;
  let keeper: ConnectionKeeper | null = null;
  let token: TokenKeeper | null = null;
  let latest: { connection: Connection; grant: TokenGrant } | null = null;
  // Every start and every change of the link begins a new term; work of an old one gives up when it looks up.
  let term = 0;
  let stopListening = (): void => {};
  let stopDelivering = (): void => {};
  let stopWatching = (): void => {};
  let endWait = (): void => {};

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
      conversationSid,
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

  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      endWait = () => {
        cancel();
        resolve();
      };
    });

  const history = createHistory({
    pageSize: options.pageSize ?? PAGE_SIZE,
    onChange: () => publish(),
    onMessages(messages) {
      const own = messages.filter(({ author }) => author === visitor?.uuid);
      outbox.saw(own.map(({ attributes }) => clientIdOf(attributes)).filter((cid) => cid !== null));
    },
  });

  const outbox = createOutbox({
    ...options,
    key: name,
    newestIndex: () => newestIndex(history.state().transcript),
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

  const horizon = createReadHorizon((index) =>
    facts.live && conversation ? conversation.markRead(index) : null,
  );

  /** A half-open socket looks alive for ever; only a question shows that nobody is there. */
  const probe = async (): Promise<void> => {
    const asked = latest?.connection;
    if (!facts.live || !asked) return;
    const question = history.readAfter(newestIndex(history.state().transcript));
    try {
      await withTimeLimit(question, PROBE_LIMIT_MS, clock, () => {
        return new ConnectionError('unknown_outcome', 'The connection does not answer.');
      });
    } catch {
      if (latest?.connection === asked) keeper?.replace(asked);
    }
  };

  const end = (reason: 'conversation_closed' | 'conversation_gone'): void => {
    if (facts.ended) return;
    stopDelivering();
    outbox.fail('conversation_closed');
    typing.clear();
    publish({ ended: reason, live: false });
  };

  const eventsOf = (opened: RemoteConversation): ConversationEvents => {
    const present = (): boolean => conversation === opened;
    return {
      messageAdded(message) {
        if (!present()) return;
        typing.heard(message.author, false);
        history.arrived(message);
      },
      messageUpdated: (message) => present() && history.arrived(message),
      messageRemoved: ({ index }) => present() && history.removed(index),
      typing: (identity, on) => present() && !isOwn(identity) && typing.heard(identity, on),
      ended: (reason) => present() && end(reason),
    };
  };

  const openConversation = async (connection: Connection, grant: TokenGrant, mine: number): Promise<void> => {
    const opened = await findConversation({
      connection,
      visitors,
      crypto,
      offered: grant.conversationSid,
      retired,
      onGone() {
        // While it was on the screen, its end is news; at the start a new chat with a word of explanation is.
        if (facts.wasLive && retired === null)
          throw new ConnectionError('closed', 'The conversation is gone.');
        notice('previous_chat_gone');
      },
    });
    if (mine !== term) return;
    stopListening();
    if (conversationSid !== opened.sid) history.clear();
    conversation = opened;
    conversationSid = opened.sid;
    retired = null;
    visitor = visitors.read();
    stopListening = opened.listen(eventsOf(opened));
    outbox.open(opened.sid);
    draft.open(opened.sid);
    await history.open(opened);
  };

  const bringUp = async (connection: Connection, grant: TokenGrant, mustOpen: boolean): Promise<void> => {
    term += 1;
    const mine = term;
    for (let attempt = 1, silent = 0, refusals = 0; ; attempt += 1) {
      try {
        if (mustOpen || !conversation || !history.state().loaded)
          await openConversation(connection, grant, mine);
        else await history.catchUp();
        break;
      } catch (error) {
        if (mine !== term) return;
        const code = connectionErrorCode(error) ?? 'unknown_outcome';
        if (code === 'closed' || (facts.wasLive && isGone(error))) return end('conversation_gone');
        silent += code === 'unknown_outcome' || code === 'not_sent' ? 1 : 0;
        if (silent >= 2) return keeper?.replace(connection);
        refusals += code === 'refused' ? 1 : 0;
        const delay = backoffDelay(attempt, crypto);
        const resting = refusals >= MAX_REFUSALS;
        publish({ trouble: { reason: 'connection_failed', retryAt: resting ? null : clock.now() + delay } });
        await (resting ? new Promise<void>((resolve) => (endWait = resolve)) : wait(delay));
        if (mine !== term) return;
      }
    }
    const opened = conversation;
    if (mine !== term || facts.ended || !opened) return;
    if (opened.closed) return end('conversation_closed');
    stopDelivering = outbox.connect({
      send: (body, attributes) => opened.send(body, attributes),
      readAfter: history.readAfter,
    });
    publish({ live: true, wasLive: true, trouble: null });
    unseen.look();
    horizon.tell();
  };

  const boot = async (): Promise<void> => {
    const mine = term;
    if (crypto.secureContext === false) return publish({ blocked: 'insecure_context' });
    if (storage.blocked) notice('storage_blocked');
    const ensured = await visitors.ensure();
    if (mine !== term) return;
    visitor = ensured;
    conversationSid = visitor.conversationSid;
    outbox.open(conversationSid);
    draft.open(conversationSid);
    stopWatching = options.watchNetwork((online) => {
      publish({ networkGone: !online });
      if (online) keeper?.nudge();
    });
    token = createTokenKeeper({
      ...options,
      claim: () => ({ identity: known().uuid, proof: proofOf(known()) }),
      async newIdentity(birthSeconds) {
        const old = known();
        visitor = await visitors.replace(old.uuid, birthSeconds ?? undefined);
        if (old.conversationSid !== null) notice('previous_chat_gone');
        conversation = null;
        conversationSid = visitor.conversationSid;
        history.clear();
        outbox.open(conversationSid);
        publish();
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
      onUp(connection, fresh, grant) {
        latest = { connection, grant };
        if (fresh) conversation = null;
        if (!facts.ended) void bringUp(connection, grant, fresh);
      },
      onDown() {
        term += 1;
        latest = null;
        stopDelivering();
        history.interrupted();
        typing.clear();
        publish({ live: false, trouble: null });
      },
      onTrouble: (reason, retryAt) => publish({ trouble: { reason, retryAt } }),
    });
    publish();
    keeper.start();
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
      publish({ ...idleFacts, started: true });
      boot().catch(() => publish({ trouble: { reason: 'unexpected', retryAt: null } }));
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
      if (facts.live && conversation && typing.due()) conversation.typing().catch(() => {});
    },
    loadOlder: () => history.loadOlder().catch(() => {}),
    markRead: () => horizon.reach(newestIndex(history.state().transcript)),
    retryNow() {
      // A click is answered at once: what was wrong is not known to be wrong any more.
      if (!facts.live) publish({ trouble: null });
      endWait();
      outbox.retryNow();
      if (!facts.blocked) keeper?.retryNow();
    },
    startNew() {
      if (!facts.started || !facts.ended) return;
      stopListening();
      retired = conversationSid;
      conversation = null;
      conversationSid = null;
      horizon.clear();
      history.clear();
      publish({ ended: null, live: false, wasLive: false, trouble: null });
      if (latest) void bringUp(latest.connection, latest.grant, true);
    },
    dismissNotice(code) {
      notices = notices.filter((other) => other !== code);
      publish();
    },
    draft: { read: draft.read, write: draft.write },
    async stop() {
      term += 1;
      stopWatching();
      stopListening();
      stopDelivering();
      endWait();
      unseen.clear();
      typing.clear();
      token?.stop();
      const closing = keeper?.stop();
      keeper = null;
      token = null;
      latest = null;
      conversation = null;
      publish(idleFacts);
      await closing;
    },
  };
}
