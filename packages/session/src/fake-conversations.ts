import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8Bytes } from './bytes.js';
import type { ConversationEvents, RemoteMedia, RemoteMessage, RemoteParticipant } from './connection.js';
import type { SessionClock } from './ports.js';

export interface StoredConversation {
  sid: string;
  uniqueName: string | null;
  createdBy: string;
  participants: Set<string>;
  /** Attributes of participants who have some. */
  about: Map<string, unknown>;
  attributes: Record<string, unknown>;
  messages: RemoteMessage[];
  nextIndex: number;
  closed: boolean;
  /** Rich content by the index of its message. */
  contents: Map<number, unknown>;
  reads: Map<string, number>;
}

/** What the fake service has stored; every change is told to those who listen. */
export interface FakeConversations {
  conversations: Map<string, StoredConversation>;
  /** The conversation of this name, made by `creator` if there is none. */
  named(uniqueName: string, creator: string): StoredConversation;
  add(
    sid: string,
    author: string,
    body: string,
    attributes?: Record<string, unknown>,
    media?: readonly RemoteMedia[],
  ): RemoteMessage;
  /** A message with rich content, as the SDK gives that. */
  addRich(sid: string, author: string, content: unknown): RemoteMessage;
  /** Somebody takes part from now on. */
  join(sid: string, identity: string, attributes?: unknown): void;
  /** A participant gets other attributes. */
  describe(sid: string, identity: string, attributes: unknown): void;
  /** A participant has read up to `index`. */
  read(sid: string, identity: string, index: number): void;
  leave(sid: string, identity: string): void;
  setAttributes(sid: string, attributes: Record<string, unknown>): void;
  edit(sid: string, index: number, body: string): void;
  remove(sid: string, index: number): void;
  close(sid: string): void;
  delete(sid: string): void;
}

/** A participant as a connection gives it. */
export function participantOf({ about, reads }: StoredConversation, identity: string): RemoteParticipant {
  const attributes = about.get(identity) ?? {};
  return { identity, sid: `MB${identity}`, attributes, readTo: reads.get(identity) ?? -1 };
}

export function createFakeConversations(
  clock: SessionClock,
  tell: (sid: string, say: (listener: ConversationEvents) => void) => void,
): FakeConversations {
  const conversations = new Map<string, StoredConversation>();
  const idOf = (text: string): string => toHex(sha256(utf8Bytes(text))).slice(0, 32);
  const stored = (sid: string): StoredConversation => {
    const found = conversations.get(sid);
    if (!found) throw new Error(`The fake service has no conversation ${sid}.`);
    return found;
  };

  const add = (
    sid: string,
    author: string,
    body: string,
    attributes: Record<string, unknown> = {},
    media: readonly RemoteMedia[] = [],
    contentSid: string | null = null,
  ): RemoteMessage => {
    const conversation = stored(sid);
    const index = conversation.nextIndex;
    conversation.nextIndex += 1;
    const at = clock.now();
    const message = {
      sid: `IM${idOf(`${sid} ${index}`)}`,
      index,
      author,
      body,
      attributes,
      at,
      updatedAt: at,
      edited: false,
      media,
      contentSid,
    };
    conversation.messages.push(message);
    tell(sid, (listener) => listener.messageAdded(message));
    return message;
  };

  const changed = (sid: string, identity: string): void => {
    const participant = participantOf(stored(sid), identity);
    tell(sid, (listener) => listener.participantUpdated(participant));
  };

  return {
    conversations,
    named(uniqueName, creator) {
      const known = [...conversations.values()].find((other) => other.uniqueName === uniqueName);
      if (known) return known;
      const sid = `CH${idOf(`${conversations.size} ${uniqueName}`)}`;
      const made: StoredConversation = {
        sid,
        uniqueName,
        createdBy: creator,
        participants: new Set([creator]),
        about: new Map(),
        attributes: {},
        messages: [],
        nextIndex: 0,
        closed: false,
        contents: new Map(),
        reads: new Map(),
      };
      conversations.set(sid, made);
      return made;
    },
    add,
    addRich(sid, author, content) {
      const conversation = stored(sid);
      conversation.contents.set(conversation.nextIndex, content);
      return add(sid, author, '', {}, [], `HX${idOf('a template')}`);
    },
    join(sid, identity, attributes = {}) {
      stored(sid).participants.add(identity);
      stored(sid).about.set(identity, attributes);
      const participant = participantOf(stored(sid), identity);
      tell(sid, (listener) => listener.participantJoined(participant));
    },
    leave(sid, identity) {
      const participant = participantOf(stored(sid), identity);
      stored(sid).participants.delete(identity);
      tell(sid, (listener) => listener.participantLeft(participant));
    },
    describe(sid, identity, attributes) {
      stored(sid).about.set(identity, attributes);
      changed(sid, identity);
    },
    read(sid, identity, index) {
      stored(sid).reads.set(identity, index);
      changed(sid, identity);
    },
    setAttributes(sid, attributes) {
      stored(sid).attributes = attributes;
      tell(sid, (listener) => listener.attributesChanged(attributes));
    },
    edit(sid, index, body) {
      const conversation = stored(sid);
      conversation.messages = conversation.messages.map((message) => {
        if (message.index !== index) return message;
        const edited = {
          ...message,
          body,
          edited: true,
          updatedAt: Math.max(clock.now(), message.updatedAt + 1),
        };
        tell(sid, (listener) => listener.messageUpdated(edited));
        return edited;
      });
    },
    remove(sid, index) {
      const conversation = stored(sid);
      const gone = conversation.messages.find((message) => message.index === index);
      conversation.messages = conversation.messages.filter((message) => message !== gone);
      if (gone) tell(sid, (listener) => listener.messageRemoved({ sid: gone.sid, index }));
    },
    close(sid) {
      stored(sid).closed = true;
      tell(sid, (listener) => listener.ended('conversation_closed'));
    },
    delete(sid) {
      conversations.delete(sid);
      tell(sid, (listener) => listener.ended('conversation_gone'));
    },
  };
}
