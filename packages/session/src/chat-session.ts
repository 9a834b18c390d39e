import type { ChatSession, ChatSessionOptions } from './contract.js';
import { createDraft } from './draft.js';
import { createEndChat } from './end-chat.js';
import { createForgetMe, forgetAll, forgetUser, type Remembering } from './forget.js';
import { createHistory } from './history.js';
import { createLineProbe } from './line-probe.js';
import { createLiveConversation } from './live-conversation.js';
import { findMediaUrl } from './media-url.js';
import { createNames } from './names.js';
import { createOtherTabs } from './other-tabs.js';
import { createOutbox } from './outbox.js';
import { createParticipants } from './participants.js';
import { createPresentation } from './presentation.js';
import { readAll } from './read-all.js';
import { createReading } from './reading.js';
import { createRememberedMessages } from './remembered-messages.js';
import { createRichMessages } from './rich-messages.js';
import { createRoles } from './roles.js';
import { createSignIn } from './sign-in.js';
import { type Facts, idleFacts } from './status.js';
import type { TabNews } from './tab-message.js';
import { clientIdOf, emptyTranscript, shownMessages } from './transcript.js';
import { createTyping } from './typing.js';
import { createUnseenWatch } from './unseen-watch.js';
import { createVisitorStore, isAnonymous } from './visitor.js';

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

  const wrote = (identity: string): boolean => {
    const visitor = signIn.visitor();
    return visitor !== null && (identity === visitor.uuid || visitor.previousIdentities.includes(identity));
  };
  // On another device nobody knows as whom a user wrote before they logged in; who is anonymous there is them.
  const isTakenForOwn = (identity: string): boolean =>
    signIn.visitor()?.secret === null && isAnonymous(identity);
  const roleOf = createRoles(options.staff, wrote, isTakenForOwn);
  const isOwn = (identity: string): boolean => roleOf(identity) === 'visitor';

  const view = createPresentation(clock, {
    history: () => history.state(),
    pending: () => outbox.entries(),
    visitor: () => signIn.visitor(),
    conversationSid: () => conversation.sid(),
    roleOf,
    contents: () => rich.contents(),
    choices: () => rich.choices(),
    rest: () => ({
      typing: typing.identities(),
      participants: people.list(),
      happenings: people.happenings(),
      seenTo: people.seenTo(),
      ...reading.state(),
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
      const own = messages.filter(({ author }) => wrote(author));
      outbox.saw(own.map(({ attributes }) => clientIdOf(attributes)).filter((cid) => cid !== null));
      people.wrote(messages);
      rich.saw(messages);
      reading.heard(messages);
    },
  });
  const remembered = createRememberedMessages({
    clock,
    storage,
    key: name,
    current() {
      const { loaded, hasNewer, transcript } = history.state();
      const conversationSid = conversation.sid();
      const identity = signIn.visitor()?.uuid;
      if (!loaded || hasNewer || facts().ended || conversationSid === null || !identity) return null;
      if (visitors.isGone()) return null;
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
  const said = {
    clock,
    crypto,
    roleOf,
    isOwn,
    messages: () => history.state().transcript.messages,
    onChange: () => publish(),
  };
  const rich = createRichMessages(said);
  const people = createParticipants({
    ...said,
    names,
    newestIndex: history.newestIndex,
    onTyping: typing.heard,
    onRead: (present) => reading.live(present),
  });
  const draft = createDraft({ storage, key: name, tellTabs: (news) => tabs.tell(news) });

  const unseen = createUnseenWatch({
    clock,
    entries: outbox.entries,
    readAfter: (index) => (facts().live ? history.readAfter(index) : Promise.resolve()),
    onMissing: (cids) => facts().live && outbox.saw(cids),
  });

  const reading = createReading({
    ...options,
    key: name,
    history: history.state,
    newestIndex: history.newestIndex,
    isOwn,
    remote: () => (facts().live ? conversation.remote() : null),
    tellTabs: (news) => tabs.tell(news),
    onChange: () => publish(),
  });

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
      messageRemoved({ index }) {
        reading.removed(index);
        history.removed(index);
      },
      typing: (identity, on) => !isOwn(identity) && typing.heard(identity, on),
      participantJoined: people.joined,
      participantLeft: people.left,
      participantUpdated(participant) {
        people.updated(participant);
        reading.participantUpdated(participant);
      },
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
      keepFor(sid);
      reading.open(sid);
    },
    onLive(remote) {
      stopDelivering = outbox.connect({
        send: (body, attributes, upload) => remote.send(body, attributes, upload),
        readAfter: history.readAfter,
      });
      publish({ live: true, wasLive: true, trouble: null });
      people.open(remote);
      rich.open(remote);
      unseen.look();
    },
    onEnded: (reason) => end(reason),
    onTrouble: (reason, retryAt) => publish({ trouble: { reason, retryAt } }),
    onSilence: (connection) => signIn.replace(connection),
  });

  const signIn = createSignIn({
    ...options,
    visitors,
    onVisitor({ uuid, conversationSid }, left, lost) {
      tabs.open();
      const shown = left?.conversationSid ?? conversation.sid();
      // From where it is stored now, it comes along.
      if (left) keepFor(shown);
      if (lost) view.notice('previous_chat_gone');
      if (shown !== null && shown !== conversationSid) {
        forgetMessages();
        if (left) publish({ ended: null, wasLive: false });
      }
      conversation.change(conversationSid);
      keepFor(conversationSid ?? homeless());
      reading.open(conversationSid);
      people.remembered();
      const kept = conversationSid === null ? [] : remembered.read(uuid, conversationSid);
      people.wrote(kept);
      rich.saw(kept);
      if (conversationSid !== null) history.remember(kept);
    },
    onOtherUser(other) {
      const isHere = signIn.visitor()?.uuid === other.uuid || !visitors.anonymous();
      if (isHere) void forgetAll(kept, parts);
      else forgetUser(kept, other);
    },
    onRestart() {
      interrupt();
      publish({ live: false, blocked: null, trouble: null });
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
      if (isForgotten()) return;
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

  /** Where what is written waits for a conversation: that of a user is for nobody else who opens the page. */
  const homeless = (): string | null => {
    const visitor = signIn.visitor();
    return visitor?.secret === null ? visitor.uuid : null;
  };
  const keepFor = (place: string | null): void => {
    // A page that did not know of its end may have left something there.
    outbox.open(place, signIn.visitor()?.endedConversationSid);
    draft.open(place);
  };

  const kept = { ...options, name };
  const parts: Remembering = {
    visitors: visitors.forget,
    signIn: () => signIn.forget(),
    conversation: () => conversation.change(null),
    history: history.clear,
    remembered: remembered.erase,
    outbox: outbox.forget,
    draft: draft.forget,
    reading: reading.clear,
    typing: typing.clear,
    unseen: unseen.clear,
    people: people.clear,
    names: names.forget,
    rich: rich.clear,
    notices: view.forget,
  };

  const forgetMessages = (): void => {
    remembered.erase();
    history.clear();
    reading.clear();
    people.clear();
    rich.clear();
  };

  /** Nothing is sent or heard until the conversation is open again. */
  const interrupt = (): void => {
    conversation.interrupt();
    stopDelivering();
    history.interrupted();
    people.interrupted();
    rich.interrupted();
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
      keepFor(homeless());
    }
    remembered.erase();
    publish({ ended: left ? 'ended_by_visitor' : reason, live: false });
    // The word of the end may overtake the last messages, and their own may never come then.
    if (reason === 'conversation_closed') void history.catchUp().catch(() => {});
  };

  /** Before it is forgotten which conversation this was: whoever finds the next one finds what waits for it, too. */
  const letGo = (): void => outbox.open(homeless());

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
      case 'read':
        reading.readElsewhere(news);
        break;
      case 'draft':
        draft.writtenElsewhere(news);
        break;
      case 'moved':
        if (conversation.sid() === news.ended) beginAnother();
        break;
      case 'ended':
        if (conversation.sid() === news.conversationSid) end('ended_by_visitor');
        return;
      case 'forget':
        void forgetMe(true);
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

  const stop = async (): Promise<void> => {
    tabs.close();
    remembered.flush();
    stopWatchingLeave();
    interrupt();
    conversation.stop();
    history.release();
    unseen.clear();
    reading.stop();
    const closing = signIn.stop();
    publish(idleFacts);
    await closing;
  };

  const forgetMe = createForgetMe({
    ...options,
    remembered: kept,
    parts,
    interrupt,
    // A user comes back, from here or another device.
    leave: () =>
      (facts().live && signIn.visitor()?.secret !== null && conversation.remote()?.leave()) || null,
    tellOthers: () => tabs.tell({ kind: 'forget' }),
    stop() {
      const closing = stop();
      signIn.logout();
      return closing;
    },
  });

  /** Another tab, or the browser, took away what is stored: what this tab still has must not come back by it. */
  const isForgotten = (): boolean => {
    if (!visitors.isGone()) return false;
    void forgetMe(true);
    return true;
  };

  const write: typeof outbox.add = (text, more) => {
    outbox.add(text, more);
    void history.showLatest().catch(() => {});
  };

  const start = (): void => {
    if (facts().started) return;
    void isForgotten();
    publish({ ...idleFacts, started: true });
    if (storage.blocked) view.notice('storage_blocked');
    if (crypto.secureContext === false) publish({ blocked: 'insecure_context' });
    else {
      stopWatchingLeave = options.watchLeave?.(remembered.flush) ?? stopWatchingLeave;
      signIn.start();
    }
  };

  return {
    getSnapshot: view.get,
    subscribe: view.subscribe,
    start,
    send(text, files = []) {
      if (isForgotten()) start();
      write(text, { files });
      if (facts().ended) outbox.fail('conversation_closed');
    },
    retry(cid) {
      if (!facts().ended) outbox.retry(cid);
    },
    discard: (cid) => outbox.discard(cid),
    choose(messageKey, choiceId) {
      if (isForgotten()) return;
      const offer = view.get().messages.find((message) => message.key === messageKey);
      const chosen = facts().ended ? null : rich.choose(offer, choiceId);
      if (chosen) write(chosen.title, { choice: chosen.choice });
    },
    mediaUrl: async (key, mediaSid) =>
      findMediaUrl(view.get().messages, conversation.remote(), key, mediaSid),
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
    markRead: () => void (isForgotten() || reading.markRead()),
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
    identify: signIn.identify,
    logout: () => forgetMe(),
    endChat: async () => (facts().started && !facts().ended ? ending.run() : undefined),
    forgetMe: () => forgetMe(),
    claimAlert: reading.claimAlert,
    dismissNotice: view.dismiss,
    draft: { read: draft.read, write: draft.write, subscribe: draft.subscribe },
    stop,
  };
}
