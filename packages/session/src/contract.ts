import type { Connect, FileContent } from './connection.js';
import type {
  BringAlong,
  Exclusive,
  FetchToken,
  FileStore,
  OpenTabs,
  SessionClock,
  SessionCrypto,
  SessionStorage,
  ShrinkImage,
  WatchLeave,
  WatchNetwork,
  WatchPolicy,
  WatchWake,
} from './ports.js';
import type { ChatMessage, ChatSnapshot } from './snapshot.js';

/** Who of the identities in a conversation is who. Only what the site says counts. */
export interface StaffOptions {
  /** Identities of agents, or how they begin. */
  agents?: { identities?: readonly string[]; prefix?: string };
  /** Identities of bots, or how they begin. Default: the identity `bot`. */
  bots?: { identities?: readonly string[]; prefix?: string };
  /** Names to show, by identity. */
  names?: Readonly<Record<string, string>>;
}

/** What may be attached. */
export interface FilePolicy {
  /** Bytes of one file. Default 16 MiB; Twilio takes 150 MB. */
  maxFileSize?: number;
  /** Files of one message. Default 10, which is Twilio's limit, too. */
  maxFiles?: number;
  /** Endings without a dot, in lower case. Absent: all. */
  acceptedExtensions?: readonly string[];
  /** Images whose longest side has more pixels are made smaller first. Absent: never. */
  longestSide?: number;
}

/** The site's signed word of who is logged in, or how to get a fresh one. */
export type UserToken = string | (() => Promise<string>);

/** A file to send: a `File` fits. */
export type OutgoingFile = FileContent & { readonly name: string };

export interface ChatSessionOptions {
  /** Storage key of this installation; identity is kept under `conversations-web-chat:<key>`. Default `default`. */
  key?: string;
  /** Tells two deployments on one origin apart; part of the identity. Default `''`. */
  appId?: string;
  /** Overrides the `realtimeUrl` of the token service's answer. */
  realtimeUrl?: string;
  /** Messages a page of history. Default 30. */
  pageSize?: number;
  /** The chat service, or how to load it: asked for when the token is there, and again after a failure. */
  connect: Connect | (() => Promise<Connect>);
  /** The token service. */
  fetchToken: FetchToken;
  storage: SessionStorage;
  clock: SessionClock;
  crypto: SessionCrypto;
  exclusive: Exclusive;
  watchNetwork: WatchNetwork;
  /** Absent: it is noticed only by what fails. */
  watchWake?: WatchWake;
  /** Absent: a policy that forbids the socket looks like a lost network. */
  watchPolicy?: WatchPolicy;
  /** Absent: what was said last is remembered a little later than the page may be gone. */
  watchLeave?: WatchLeave;
  /** Takes away what the chat service's script left in the browser's storage, when the visitor is forgotten. */
  tidy?: () => void;
  /** Absent: this session knows of no other tabs but by storage. */
  openTabs?: OpenTabs;
  /** Absent: files wait in memory, and are gone after a reload. */
  files?: FileStore;
  /** Absent: images go as they are. */
  shrinkImage?: ShrinkImage;
  /** Absent: conversations stay with the identity that they were made by. */
  bringAlong?: BringAlong;
  staff?: StaffOptions;
  filePolicy?: FilePolicy;
  /** The visitor is logged in at the site from the start. */
  userToken?: UserToken;
}

/**
 * One visitor's conversation. Nothing is read, stored or sent before `start()`.
 */
export interface ChatSession {
  getSnapshot(): ChatSnapshot;
  /** Calls `listener` after each change; returns how to stop. */
  subscribe(listener: () => void): () => void;
  /** Signs in and opens the conversation, or makes one. Safe to call again. */
  start(): void;
  /**
   * Takes the text at once and shows it as `sending`; delivers it when it can. Blank text without files is ignored.
   */
  send(text: string, files?: readonly OutgoingFile[]): void;
  /** Tries a failed message again. */
  retry(key: string): void;
  /** Forgets a failed message, or one whose files are still being uploaded. */
  discard(key: string): void;
  /**
   * Takes a choice that the message `key` offers: sends its title, with `choice: { id, inReplyTo }` in the attributes
   * (`inReplyTo`: the SID of the message that offers it). Nothing happens where something was chosen already.
   */
  choose(key: string, choiceId: string): void;
  /**
   * A fresh address of a file of the message `key`: it expires, so ask again rather than keep it. Rejects with a
   * {@link ConnectionError}, also for an address that is not the media service's.
   */
  mediaUrl(key: string, mediaSid: string): Promise<string>;
  /** The visitor is typing; call as often as you like. */
  typing(): void;
  loadOlder(): Promise<void>;
  /** Moves the window on towards the newest message. */
  loadNewer(): Promise<void>;
  /** Moves the window to the newest message. */
  showLatest(): Promise<void>;
  /**
   * Every message of the conversation as the service has it now, oldest first, a page at a time, for a transcript: what
   * is shown does not move. Rich content is not read along. Rejects with a {@link ConnectionError} where the service
   * cannot be asked.
   */
  readAll(): AsyncIterable<readonly ChatMessage[]>;
  /** Everything shown so far has been seen. */
  markRead(): void;
  /** Tries again now instead of at `retryAt`. */
  retryNow(): void;
  /** After `ended`: a fresh conversation for the same visitor. */
  startNew(): void;
  /** The visitor has logged in at the site: takes the anonymous chat along where the service allows it. */
  identify(userToken: UserToken): Promise<void>;
  /** The visitor has logged out: forgets everything of theirs here, as {@link ChatSession.forgetMe} does. */
  logout(): Promise<void>;
  /** The visitor is done: leaves the conversation, which can still be read here. */
  endChat(): Promise<void>;
  /** Takes away everything this browser keeps of the visitor, in every tab. The next `start()` is a stranger's. */
  forgetMe(): Promise<void>;
  /**
   * Resolves to true in one tab for each message, so that one tab alone rings or notifies. Later messages speak for
   * earlier ones.
   */
  claimAlert(index: number): Promise<boolean>;
  /** Forgets a notice that was shown. */
  dismissNotice(code: ChatSnapshot['notices'][number]): void;
  /** Text typed and not sent yet, kept per conversation; what is typed in one tab is there in the others. */
  draft: {
    read(): string;
    write(text: string): void;
    /** Calls `listener` when the text is another one though nobody wrote it here: stored earlier, or by another tab. */
    subscribe(listener: () => void): () => void;
  };
  /** Ends everything that was started; returns within 3 s. */
  stop(): Promise<void>;
}
