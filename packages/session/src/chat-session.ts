import type { ChatSession, ChatSessionOptions } from './contract.js';
import { createDraft } from './draft.js';
import { createEndChat } from './end-chat.js';
import { createHistory } from './history.js';
import { createLineProbe } from './line-probe.js';
import { createLiveConversation } from './live-conversation.js';
import { createNames } from './names.js';
import { createOtherTabs } from './other-tabs.js';
import { createOutbox } from './outbox.js';
import { createParticipants } from './participants.js';
import { createPresentation } from './presentation.js';
import { readAll } from './read-all.js';
import { createReadHorizon } from './read-horizon.js';
import { createRememberedMessages } from './remembered-messages.js';
import { createRoles } from './roles.js';
import { createSignIn } from './sign-in.js';
import { type Facts, idleFacts } from './status.js';
import type { TabNews } from './tab-message.js';
import { clientIdOf, emptyTranscript, newestIndex, shownMessages } from './transcript.js';
import { createTyping } from './typing.js';
import { createUnseenWatch } from './unseen-watch.js';
import { createVisitorStore } from './visitor.js';

const PAGE_SIZE = 30;

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
  let stopDelivering = (): void => {};
  let stopWatchingLeave = (): void => {};

  const isOwn = (identity: string): boolean => {
    const visitor = signIn.visitor();
    return visitor !== null && (identity === visitor.uuid || visitor.previousIdentities.includes(identity));
  };

  const roleOf = createRoles(options.staff, isOwn);
  const view = createPresentation(clock, {
    history: () => history.state(),
    pending: () => outbox.entries(),
    visitor: () => signIn.visitor(),
    conversationSid: () => conversation.sid(),
    roleOf,
    rest: () => ({
      ...nobody,
      typing: typing.identities(),
      participants: people.list(),
      happenings: people.happenings(),
      seenTo: people.seenTo(),
    }),
  });
  const { facts, publish } = view;

  const history = createHistory({
    pageSize: options.pageSize ?? PAGE_SIZE,
    onChange() {
      if (facts().started) remembered.changed();
      publish();
    },
    onMessages(messages) {
      const own = messages.filter(({ author }) => author === signIn.visitor()?.uuid);
      outbox.saw(own.map(({ attributes }) => clientIdOf(attributes)).filter((cid) => cid !== null));
      for (const { author } of messages) people.wrote(author);
    },
  });
  const newest = (): number => {
    const { loaded, transcript } = history.state();
    // What was remembered is storage's word, and the service may be told nothing of it.
    return loaded ? newestIndex(transcript) : -1;
  };

  const remembered = createRememberedMessages({
    clock,
    storage,
    key: name,
    current() {
      const { loaded, hasNewer, transcript } = history.state();
      const conversationSid = conversation.sid();
      const identity = signIn.visitor()?.uuid;
      if (!loaded || hasNewer || facts().ended || conversationSid === null || !identity) return null;
      return { identity, conversationSid, messages: transcript.messages };
    },
  });

  const outbox = createOutbox({
    ...options,
    key: name,
    newestIndex: history.newestIndex,
    onChange() {
      unseen.look();
      publish();
    },
    onStall: () => void probe.ask(),
    onSlowed: (slowedUntil) => publish({ slowedUntil }),
    onClosed: (reason) => end(reason),
  });

  const typing = createTyping(clock, () => publish());
  const names = createNames({ storage, key: name, staff: options.staff, roleOf });
  const people = createParticipants({
    clock,
    crypto,
    names,
    roleOf,
    messages: () => history.state().transcript.messages,
    onTyping: typing.heard,
    onChange: () => publish(),
  });
  const draft = createDraft(storage, name);

  const unseen = createUnseenWatch({
    clock,
    entries: outbox.entries,
    readAfter: (index) => (facts().live ? history.readAfter(index) : Promise.resolve()),
    onMissing: (cids) => facts().live && outbox.saw(cids),
  });

  const horizon = createReadHorizon(
    (index) => (facts().live && conversation.remote()?.markRead(index)) || null,
  );

  const tabs = createOtherTabs({
    ...options,
    name,
    identity: () => signIn.visitor()?.uuid ?? null,
    onNews: (news) => hear(news),
  });

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
      participantJoined: people.joined,
      participantLeft: people.left,
      participantUpdated: people.updated,
      attributesChanged: people.attributesChanged,
      ended: (reason) => end(reason),
    },
    wasLive: () => facts().wasLive,
    another: (ended) => signIn.another(ended),
    onReplaced() {
      letGo();
      view.notice('previous_chat_gone');
    },
    onOpened(sid, another) {
      if (another) forgetMessages();
      const ended = signIn.refresh()?.endedConversationSid ?? null;
      if (another && ended !== null) tabs.tell({ kind: 'moved', conversationSid: sid, ended });
      outbox.open(sid);
      draft.open(sid);
    },
    onLive(remote) {
      stopDelivering = outbox.connect({
        send: (body, attributes, upload) => remote.send(body, attributes, upload),
        readAfter: history.readAfter,
      });
      publish({ live: true, wasLive: true, trouble: null });
      people.open(remote);
      unseen.look();
      horizon.tell();
    },
    onEnded: (reason) => end(reason),
    onTrouble: (reason, retryAt) => publish({ trouble: { reason, retryAt } }),
    onSilence: (connection) => signIn.replace(connection),
  });

  const signIn = createSignIn({
    ...options,
    visitors,
    onVisitor({ uuid, conversationSid }) {
      tabs.open();
      conversation.change(conversationSid);
      outbox.open(conversationSid);
      draft.open(conversationSid);
      people.remembered();
      if (conversationSid !== null) history.remember(remembered.read(uuid, conversationSid));
    },
    onReplaced(old, because) {
      // The old one's link may still be up. What is written from now on belongs to the new one.
      interrupt();
      if (old.conversationSid !== null)
        view.notice(because === 'identity_expired' ? because : 'previous_chat_gone');
      forgetMessages();
      publish({ live: false });
    },
    onUp(line, fresh) {
      if (!facts().ended) void conversation.bringUp({ ...line, fresh });
      void ending.linked(line.connection);
    },
    onDown() {
      interrupt();
      publish({ live: false, trouble: null });
    },
    onWake() {
      conversation.retryNow();
      outbox.retryNow();
      void probe.ask();
    },
    onNetwork: (online) => publish({ networkGone: !online }),
    onTrouble: (trouble) => publish({ trouble }),
    onBlocked: (reason) => publish({ blocked: reason }),
  });

  const probe = createLineProbe({
    clock,
    line: () => (facts().live ? (signIn.line()?.connection ?? null) : null),
    question: () => history.readAfter(history.newestIndex()),
    onSilence: (connection) => signIn.doubt(connection),
  });

  const forgetMessages = (): void => {
    remembered.erase();
    history.clear();
    horizon.clear();
    people.clear();
  };

  /** Nothing is sent or heard until the conversation is open again. */
  const interrupt = (): void => {
    conversation.interrupt();
    stopDelivering();
    history.interrupted();
    people.interrupted();
    typing.clear();
  };

  const end = (reason: NonNullable<Facts['ended']>): void => {
    if (facts().ended) return;
    const sid = conversation.sid();
    // In whichever tab: the service only says that this visitor has left.
    const left = sid !== null && sid === visitors.read()?.endedConversationSid;
    interrupt();
    outbox.fail('conversation_closed');
    if (left) {
      // Nothing will look for it where it was, also not after a reload.
      outbox.open(null);
      draft.open(null);
    }
    remembered.erase();
    publish({ ended: left ? 'ended_by_visitor' : reason, live: false });
  };

  /** Before it is forgotten which conversation this was: whoever finds the next one finds what waits for it, too. */
  const letGo = (): void => outbox.open(null);

  const beginAnother = (): void => {
    interrupt();
    conversation.retire();
    letGo();
    forgetMessages();
    publish({ ended: null, live: false, wasLive: false, trouble: null });
    const line = signIn.line();
    if (line) void conversation.bringUp({ ...line, fresh: true });
  };

  /** What another tab of this visitor did. */
  const hear = (news: TabNews): void => {
    switch (news.kind) {
      case 'moved':
        if (conversation.sid() === news.ended) beginAnother();
        return;
      case 'ended':
        if (conversation.sid() === news.conversationSid) end('ended_by_visitor');
    }
  };

  const ending = createEndChat({
    clock,
    visitors,
    subscribe: view.subscribe,
    sending: () => outbox.entries().some(({ state }) => state !== 'failed'),
    remote: () => (facts().live ? conversation.remote() : null),
    sid: conversation.sid,
    end() {
      end('ended_by_visitor');
      const sid = conversation.sid();
      if (sid !== null) tabs.tell({ kind: 'ended', conversationSid: sid });
    },
  });

  return {
    getSnapshot: view.get,
    subscribe: view.subscribe,
    start() {
      if (facts().started) return;
      publish({ ...idleFacts, started: true });
      if (crypto.secureContext === false) return publish({ blocked: 'insecure_context' });
      if (storage.blocked) view.notice('storage_blocked');
      stopWatchingLeave = options.watchLeave?.(remembered.flush) ?? stopWatchingLeave;
      signIn.start();
    },
    send(text) {
      outbox.add(text);
      void history.showLatest().catch(() => {});
      if (facts().ended) outbox.fail('conversation_closed');
    },
    retry(cid) {
      if (!facts().ended) outbox.retry(cid);
    },
    discard: (cid) => outbox.discard(cid),
    choose: notYet,
    mediaUrl: notYet,
    typing() {
      const remote = facts().live ? conversation.remote() : null;
      if (remote && typing.due()) remote.typing().catch(() => {});
    },
    // A page that does not come may be the first sign of a line that is dead.
    loadOlder: () => history.loadOlder().catch(() => void probe.ask()),
    loadNewer: () => history.loadNewer().catch(() => void probe.ask()),
    showLatest: () => history.showLatest().catch(() => void probe.ask()),
    readAll: () =>
      readAll(conversation.remote(), (messages) =>
        shownMessages({ ...emptyTranscript, messages }, [], { identity: '', roleOf }, []),
      ),
    markRead: () => horizon.reach(newest()),
    retryNow() {
      // A click is answered at once: what was wrong is not known to be wrong any more.
      if (facts().blocked && !view.get().can.includes('retry_now')) return;
      if (!facts().live) publish({ blocked: null, trouble: null });
      conversation.retryNow();
      outbox.retryNow();
      signIn.retryNow();
    },
    startNew() {
      if (facts().started && facts().ended) beginAnother();
    },
    identify: notYet,
    logout: notYet,
    endChat: async () => (facts().started && !facts().ended ? ending.run() : undefined),
    forgetMe: notYet,
    claimAlert: notYet,
    dismissNotice: view.dismiss,
    draft: { read: draft.read, write: draft.write },
    async stop() {
      tabs.close();
      remembered.flush();
      stopWatchingLeave();
      interrupt();
      conversation.stop();
      unseen.clear();
      const closing = signIn.stop();
      publish(idleFacts);
      await closing;
    },
  };
}

const notYet = (): never => {
  throw new Error('This part of the session is being built.');
};

const nobody = { unread: 0, readTo: -1 } as const;
