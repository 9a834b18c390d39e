import type { ConversationEvents, RemoteConversation } from './connection.js';
import type { ChatSessionOptions } from './contract.js';
import { createDraft, type Draft } from './draft.js';
import type { Remembering } from './forget.js';
import { createHistory, type History } from './history.js';
import { createNames } from './names.js';
import { createOutbox, type Outbox } from './outbox.js';
import { createParticipants } from './participants.js';
import { createPresentation, type Presentation } from './presentation.js';
import { createReading, type Reading } from './reading.js';
import { createRememberedMessages, type RememberedMessages } from './remembered-messages.js';
import { createRichMessages, type RichMessages } from './rich-messages.js';
import { createRoles } from './roles.js';
import type { ChatRole } from './snapshot.js';
import type { TabNews } from './tab-message.js';
import { clientIdOf } from './transcript.js';
import { createTyping } from './typing.js';
import { createUnseenWatch } from './unseen-watch.js';
import { isAnonymous, type Visitor } from './visitor.js';

const PAGE_SIZE = 30;

/** What the parts of a chat must know of its course. */
export interface Course {
  visitor(): Visitor | null;
  /** What is stored of the visitor was taken away, by another tab or the browser. */
  isGone(): boolean;
  conversationSid(): string | null;
  /** Open on the present connection. */
  remote(): RemoteConversation | null;
  tellTabs(news: TabNews): void;
  /** Something does not come: is the line dead? */
  onSilence(): void;
  /** The service will take nothing more for this conversation. */
  onClosed(reason: 'conversation_closed' | 'conversation_gone'): void;
}

/** What a conversation is made of: its messages, who is in it, what waits to be sent; and the snapshot of all that. */
export interface ChatParts {
  view: Presentation;
  history: History;
  outbox: Outbox;
  draft: Draft;
  reading: Reading;
  rich: RichMessages;
  remembered: RememberedMessages;
  roleOf(author: string): ChatRole;
  /** What the service tells of the present conversation. */
  events: Omit<ConversationEvents, 'ended'>;
  /** True when it is time to tell the service that this visitor types. */
  typingIsDue(): boolean;
  /** What is written, and typed, waits for this conversation from now on; `null`: for the next one. */
  keepFor(place: string | null): void;
  /** What was left in these other places comes along. */
  takeAlong(places: readonly (string | null)[]): void;
  /** What was remembered of this visitor's conversation is shown until the service answers. */
  recall(uuid: string, conversationSid: string | null): void;
  /** What waits is delivered from now on. */
  goLive(remote: RemoteConversation): void;
  /** Nothing is sent or heard any more. */
  interrupt(): void;
  /** Another conversation begins. */
  forgetMessages(): void;
  stop(): void;
  /** How each of them forgets its visitor. */
  forgetting: Omit<Remembering, 'visitors' | 'signIn' | 'conversation'>;
}

export function createChatParts(options: ChatSessionOptions, name: string, ask: Course): ChatParts {
  const { clock, crypto, storage } = options;
  let stopDelivering = (): void => {};

  const wrote = (identity: string): boolean => {
    const visitor = ask.visitor();
    return visitor !== null && (identity === visitor.uuid || visitor.previousIdentities.includes(identity));
  };
  // On another device nobody knows as whom a user wrote before they logged in; who is anonymous there is them.
  const isTakenForOwn = (identity: string): boolean =>
    ask.visitor()?.secret === null && isAnonymous(identity);
  const roleOf = createRoles(options.staff, wrote, isTakenForOwn);
  const isOwn = (identity: string): boolean => roleOf(identity) === 'visitor';

  const view = createPresentation(clock, {
    history: () => history.state(),
    pending: () => outbox.entries(),
    visitor: ask.visitor,
    conversationSid: ask.conversationSid,
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
      const conversationSid = ask.conversationSid();
      const identity = ask.visitor()?.uuid;
      if (!loaded || hasNewer || facts().ended || conversationSid === null || !identity) return null;
      if (ask.isGone()) return null;
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
    onStall: ask.onSilence,
    onSlowed: (slowedUntil) => publish({ slowedUntil }),
    onClosed: ask.onClosed,
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
  const draft = createDraft({ storage, key: name, tellTabs: ask.tellTabs });

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
    remote: () => (facts().live ? ask.remote() : null),
    tellTabs: ask.tellTabs,
    onChange: () => publish(),
  });

  return {
    view,
    history,
    outbox,
    draft,
    reading,
    rich,
    remembered,
    roleOf,
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
    },
    typingIsDue: typing.due,
    keepFor(place) {
      // A page that did not know of its end may have left something there.
      outbox.open(place, ask.visitor()?.endedConversationSid);
      draft.open(place);
    },
    takeAlong(places) {
      for (const place of places) {
        outbox.adopt(place);
        draft.adopt(place);
      }
    },
    recall(uuid, conversationSid) {
      people.remembered();
      if (conversationSid === null) return;
      const kept = remembered.read(uuid, conversationSid);
      people.wrote(kept);
      rich.saw(kept);
      history.remember(kept);
    },
    goLive(remote) {
      stopDelivering = outbox.connect({
        send: (body, attributes, upload) => remote.send(body, attributes, upload),
        readAfter: history.readAfter,
      });
      publish({ live: true, wasLive: true, trouble: null });
      people.open(remote);
      rich.open(remote);
      unseen.look();
    },
    interrupt() {
      stopDelivering();
      history.interrupted();
      people.interrupted();
      rich.interrupted();
      typing.clear();
    },
    forgetMessages() {
      remembered.erase();
      history.clear();
      reading.clear();
      people.clear();
      rich.clear();
    },
    stop() {
      unseen.clear();
      reading.stop();
    },
    forgetting: {
      history: history.clear,
      remembered: remembered.erase,
      outbox: outbox.forget,
      draft: draft.forget,
      reading: reading.clear,
      typing: typing.clear,
      unseen: unseen.clear,
      people: people.clear,
      rich: rich.clear,
      names: names.forget,
      notices: view.forget,
    },
  };
}
