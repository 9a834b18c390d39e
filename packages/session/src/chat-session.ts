import { createChatParts } from './chat-parts.js';
import type { ChatSession, ChatSessionOptions } from './contract.js';
import { createEndChat } from './end-chat.js';
import { createForgetMe, forgetAll, forgetVisitor, type Remembering } from './forget.js';
import { createLineProbe } from './line-probe.js';
import { createLiveConversation } from './live-conversation.js';
import { findMediaUrl } from './media-url.js';
import { createOtherTabs } from './other-tabs.js';
import { readAll } from './read-all.js';
import { createSignIn } from './sign-in.js';
import { type Facts, idleFacts } from './status.js';
import type { TabNews } from './tab-message.js';
import { emptyTranscript, shownMessages } from './transcript.js';
import { createVisitorStore, storageName } from './visitor.js';

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
  const name = storageName(key);
  const visitors = createVisitorStore({ ...options, key, appId: options.appId ?? '' });
  let stopWatchingLeave = (): void => {};

  const parts = createChatParts(options, name, {
    visitor: () => signIn.visitor(),
    isGone: visitors.isGone,
    conversationSid: () => conversation.sid(),
    remote: () => conversation.remote(),
    tellTabs: (news) => tabs.tell(news),
    onSilence: () => void probe.ask(),
    onClosed: (reason) => end(reason),
  });
  const { view, history, outbox, draft, reading, rich, remembered } = parts;
  const { facts, publish } = view;

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
    events: { ...parts.events, ended: (reason) => end(reason) },
    wasLive: () => facts().wasLive,
    another: (ended) => signIn.another(ended),
    onReplaced() {
      letGo();
      view.notice('previous_chat_gone');
    },
    onOpened(sid, another) {
      if (another) parts.forgetMessages();
      const ended = signIn.refresh()?.endedConversationSid ?? null;
      if (another && ended !== null) tabs.tell({ kind: 'moved', conversationSid: sid, ended });
      parts.keepFor(sid);
      reading.open(sid);
    },
    onLive: parts.goLive,
    onEnded: (reason) => end(reason),
    onTrouble: (reason, retryAt) => publish({ trouble: { reason, retryAt } }),
    onSilence: (connection) => signIn.replace(connection),
  });

  const signIn = createSignIn({
    ...options,
    visitors,
    onVisitor({ uuid, conversationSid }, left, lost, behind) {
      tabs.open();
      const shown = left?.conversationSid ?? conversation.sid();
      // From where it is stored now, it comes along.
      if (left) parts.keepFor(shown);
      if (lost) view.notice('previous_chat_gone');
      if (shown !== null && shown !== conversationSid) {
        parts.forgetMessages();
        if (left) publish({ ended: null, wasLive: false });
      }
      conversation.change(conversationSid);
      parts.keepFor(conversationSid ?? homeless());
      // Where a user was before, or had no conversation yet, nobody would look any more.
      parts.takeAlong(behind === null ? [homeless()] : [homeless(), behind]);
      reading.open(conversationSid);
      parts.recall(uuid, conversationSid);
    },
    onOtherUser(other) {
      const isHere = signIn.visitor()?.uuid === other.uuid || !visitors.anonymous();
      if (!isHere) return void forgetVisitor(kept, other);
      void forgetAll(kept, forgetting);
      publish({ ended: null, wasLive: false });
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
      parts.forgetMessages();
      publish({ live: false });
    },
    onUp(line, fresh) {
      if (isForgotten()) return;
      if (!facts().ended) void conversation.bringUp({ ...line, fresh });
      void ending.linked(line.connection);
    },
    onDown() {
      interrupt();
      // Of a start that has not been one yet it is still why.
      publish({ live: false, ...(facts().wasLive && { trouble: null }) });
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
  const kept = { ...options, name };
  // Who the visitor was goes first, so that no part stores anything of them again while it forgets.
  const forgetting: Remembering = {
    visitors: visitors.forget,
    signIn: () => signIn.forget(),
    conversation: () => conversation.change(null),
    ...parts.forgetting,
  };

  /** Nothing is sent or heard until the conversation is open again. */
  const interrupt = (): void => {
    conversation.interrupt();
    parts.interrupt();
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
      parts.keepFor(homeless());
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
    parts.forgetMessages();
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

  const stop = async (before?: Promise<void>): Promise<void> => {
    tabs.close();
    remembered.flush();
    stopWatchingLeave();
    interrupt();
    conversation.stop();
    history.release();
    parts.stop();
    const closing = signIn.stop(before);
    publish(idleFacts);
    probe.stop();
    await closing;
  };

  const forgetMe = createForgetMe({
    ...options,
    remembered: kept,
    parts: forgetting,
    interrupt,
    // A user comes back, from here or another device.
    leave: () =>
      (facts().live && signIn.visitor()?.secret !== null && conversation.remote()?.leave()) || null,
    tellOthers: () => tabs.tell({ kind: 'forget' }),
    replaced() {
      const visitor = signIn.visitor();
      return visitor && visitors.isTaken() ? { ...visitor, conversationSid: conversation.sid() } : null;
    },
    stop(before) {
      const closing = stop(before);
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

  /** Whoever does something here is the next visitor. */
  const beThere = (): void => {
    const { started } = facts();
    if (isForgotten() && started) start();
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
      beThere();
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
      if (remote && parts.typingIsDue()) remote.typing().catch(() => {});
    },
    // A page that does not come may be the first sign of a line that is dead.
    loadOlder: () => history.loadOlder().catch(() => void probe.ask()),
    loadNewer: () => history.loadNewer().catch(() => void probe.ask()),
    showLatest: () => history.showLatest().catch(() => void probe.ask()),
    readAll: () =>
      readAll(conversation.remote(), (messages) =>
        shownMessages({ ...emptyTranscript, messages }, [], { identity: '', roleOf: parts.roleOf }, []),
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
    draft: {
      read: draft.read,
      write(text) {
        beThere();
        draft.write(text);
      },
      subscribe: draft.subscribe,
    },
    stop: () => stop(),
  };
}
