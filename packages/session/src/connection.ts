/**
 * The port to a chat service: the few things a session needs of one. `twilio-connection.ts` fills it with the
 * official SDK, `testing.ts` with a fake that keeps the same contract.
 */

export interface RemoteMessage {
  sid: string;
  index: number;
  author: string;
  body: string;
  /** Parsed attributes: whatever the author put there, so nothing may be assumed of it. */
  attributes: unknown;
  /** Milliseconds since the epoch. */
  at: number;
  /** Milliseconds since the epoch; of two copies of one message the later one holds. */
  updatedAt: number;
  edited: boolean;
  media: readonly RemoteMedia[];
  /** Of a rich message: what `content()` reads. */
  contentSid: string | null;
}

/** A file of a message, as whoever sent it describes it: nothing may be assumed of the texts. */
export interface RemoteMedia {
  sid: string;
  name: string;
  type: string;
  /** Bytes. */
  size: number;
}

export interface RemoteParticipant {
  /** `null` for one of another channel. */
  identity: string | null;
  sid: string;
  attributes: unknown;
  /** -1 when nothing has been read. */
  readTo: number;
}

/** Anything a `Blob` is; named by what is used of it, so that no DOM is needed here. */
export interface FileContent {
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number, type?: string): FileContent;
}

/** Files that travel with a message. */
export interface Upload {
  files: readonly { name: string; type: string; content: FileContent }[];
  /** `share` of the file at `place` is with the service, 0 to 1. */
  onProgress(place: number, share: number): void;
  /** All of them are there, and the message itself is about to leave. */
  onUploaded(): void;
  /**
   * Ends it: the send then rejects with `not_sent`, and no message is left behind. After `onUploaded` it is too late,
   * and has no effect.
   */
  cancelled: { readonly aborted: boolean; addEventListener(type: 'abort', listener: () => void): void };
}

export interface RemotePage {
  /** Ascending by index. */
  messages: RemoteMessage[];
  hasOlder: boolean;
}

/** What the link itself is doing. `denied`: the token was refused; `dead`: only a new connection helps. */
export type LinkState = 'connecting' | 'connected' | 'denied' | 'dead';

export interface ConnectionEvents {
  link(state: LinkState): void;
  tokenExpiring(): void;
  tokenExpired(): void;
}

export interface ConversationEvents {
  messageAdded(message: RemoteMessage): void;
  messageUpdated(message: RemoteMessage): void;
  messageRemoved(message: { sid: string; index: number }): void;
  typing(identity: string, on: boolean): void;
  participantJoined(participant: RemoteParticipant): void;
  participantLeft(participant: RemoteParticipant): void;
  /** Their attributes, or how far they have read. */
  participantUpdated(participant: RemoteParticipant): void;
  /** The conversation's own attributes are others than before. */
  attributesChanged(attributes: unknown): void;
  /** The conversation was closed, deleted, or this visitor removed from it. */
  ended(reason: 'conversation_closed' | 'conversation_gone'): void;
}

export interface RemoteConversation {
  sid: string;
  /** A closed conversation can be read, and takes nothing more. */
  closed: boolean;
  /**
   * Resolves once the service has the message. Rejects with a {@link ConnectionError}; before `onUploaded` that is
   * `not_sent`, `busy` or `refused`, and nothing was done but to upload. Files have no limit of time as long as they
   * move.
   */
  send(body: string, attributes: Record<string, unknown>, upload?: Upload): Promise<{ index: number | null }>;
  /** The newest page, or the one that ends before `beforeIndex`. */
  page(size: number, beforeIndex?: number): Promise<RemotePage>;
  /**
   * Every message after `index` (-1: all), ascending, as the service has them now and not as a cache remembers:
   * the answer decides whether a message must be sent again. With a `limit` the first of them; fewer are the last.
   */
  after(index: number, limit?: number): Promise<RemoteMessage[]>;
  typing(): Promise<void>;
  markRead(index: number): Promise<void>;
  /**
   * Messages, of anybody, after the last one that this visitor has read; all there are where nothing has been read.
   * It may lag by seconds.
   */
  unreadCount(): Promise<number>;
  /** The conversation's own attributes, parsed: nothing may be assumed of them. */
  attributes(): unknown;
  participants(): Promise<RemoteParticipant[]>;
  /** A fresh address of a file; it expires. Rejects with `refused` when it is not one of the media service. */
  mediaUrl(index: number, mediaSid: string): Promise<string>;
  /** The rich content of a message as the service gives it, as plain data; `null` when it has none. */
  content(index: number): Promise<unknown>;
  /** This visitor takes no part any more. */
  leave(): Promise<void>;
  listen(events: ConversationEvents): () => void;
}

export interface Connection {
  /** Resolves when the service can be asked; rejects with a {@link ConnectionError}. */
  ready(): Promise<void>;
  updateToken(token: string): Promise<void>;
  /** Opens a conversation that this identity takes part in. `not_found` and `not_a_participant` are told apart from trouble. */
  open(sid: string): Promise<RemoteConversation>;
  /**
   * Makes a conversation and joins it. `uniqueName` makes a second attempt find the first one's conversation;
   * `not_a_participant` where somebody else made one of this name, whoever takes part in it.
   */
  create(options: {
    uniqueName: string;
    friendlyName?: string;
    attributes?: Record<string, unknown>;
  }): Promise<RemoteConversation>;
  /** Always returns, within 3 s. */
  close(): Promise<void>;
}

export type Connect = (options: {
  token: string;
  /** Where the socket is, when it is not Twilio's own. */
  realtimeUrl?: string;
  events: ConnectionEvents;
}) => Connection;

/**
 * - `not_found`, `not_a_participant`, `closed`: the service answered, for good
 * - `too_many`: the visitor has as many conversations as the service allows
 * - `refused`: the service will never take this (too long, malformed, no permission)
 * - `busy`: try again later (429, 5xx)
 * - `unknown_outcome`: the link broke after the request left; it may or may not have been done
 * - `not_sent`: it certainly was not done
 */
export type ConnectionErrorCode =
  | 'not_found'
  | 'not_a_participant'
  | 'closed'
  | 'too_many'
  | 'refused'
  | 'busy'
  | 'unknown_outcome'
  | 'not_sent';

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: ConnectionErrorCode;
  /** Milliseconds that the service asked to wait; `null` when it did not say. */
  readonly waitMs: number | null;

  constructor(
    code: ConnectionErrorCode,
    message: string,
    options: ErrorOptions & { waitMs?: number | null } = {},
  ) {
    super(message, options);
    this.code = code;
    this.waitMs = options.waitMs ?? null;
  }
}

/**
 * The code of a {@link ConnectionError}, `null` for anything else. Told by its name: the connection may come in a
 * script of its own, whose class is another one than ours.
 */
export function connectionErrorCode(error: unknown): ConnectionErrorCode | null {
  if (!(error instanceof Error) || error.name !== 'ConnectionError' || !('code' in error)) return null;
  return error.code as ConnectionErrorCode;
}

/** What the service asked to wait, milliseconds; `null` when it did not say. */
export function connectionErrorWait(error: unknown): number | null {
  if (connectionErrorCode(error) === null) return null;
  return (error as ConnectionError).waitMs ?? null;
}
