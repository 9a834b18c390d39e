import {
  Client,
  type ClientOptions,
  type ConnectionState,
  type Conversation,
  type CreateConversationOptions,
  type JSONObject,
  type Message,
  type MessageBuilder,
  type Participant,
} from '@twilio/conversations';
import {
  type Connect,
  type Connection,
  ConnectionError,
  type LinkState,
  type RemoteConversation,
  type RemoteMessage,
  type RemoteParticipant,
} from './connection.js';
import { isMediaAddress } from './media-address.js';
import { createOpenWork } from './open-work.js';
import type { SessionClock } from './ports.js';
import { holdListeners } from './sdk-listeners.js';
import { withTimeLimit } from './time-limit.js';
import { classify, isAlreadyParticipant, isNameTaken } from './twilio-errors.js';
import { createFileSender, type FileSender } from './twilio-uploads.js';

/** Shorter than the SDK's own 30 s, and longer than the 20 s after which it gives up what it had not sent. */
const SEND_LIMIT_MS = 25_000;
const READ_LIMIT_MS = 15_000;
const TOKEN_LIMIT_MS = 10_000;
const CLOSE_LIMIT_MS = 3_000;
const BULK_PAGE = 100;

const clock: SessionClock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

const late = (): ConnectionError => new ConnectionError('unknown_outcome', 'No answer came in time.');

/** How the SDK comes back after the link is lost, milliseconds; it doubles from `min` to `max`. */
export interface RetryPolicy {
  min: number;
  max: number;
  randomness: number;
}

// The SDK's own waits grow to two minutes, in which a visitor has long left.
const RETRY_POLICY: RetryPolicy = { min: 300, max: 30_000, randomness: 0.2 };

/**
 * The connection of a session by Twilio's official SDK. Everything of the SDK stays behind this file.
 *
 * @param options as of {@link Connect}
 * @param retryPolicy how it comes back after the link is lost. Default: after 0.3 s, doubling to 30 s.
 * @throws TypeError where `crypto.randomUUID` is missing: the SDK needs a secure context
 * @example
 * ```ts
 * createChatSession({ connect: createTwilioConnection, ...ports, fetchToken });
 * ```
 */
export function createTwilioConnection(
  { token, realtimeUrl, events }: Parameters<Connect>[0],
  retryPolicy: RetryPolicy = RETRY_POLICY,
): Connection {
  // The SDK would try to connect for ever, and not say a word.
  if (realtimeUrl !== undefined && !/^wss?:\/\/[^/?#\s]/.test(realtimeUrl)) {
    throw new ConnectionError('refused', `The realtime URL "${realtimeUrl}" is not the address of a socket.`);
  }
  // `retryPolicy` is passed through to the transport, and missing in the type.
  const options: ClientOptions & { retryPolicy: RetryPolicy; Twilsock?: { uri: string } } = {
    logLevel: 'silent',
    retryPolicy,
    ...(realtimeUrl !== undefined && { Twilsock: { uri: realtimeUrl } }),
  };
  const { made: client, release } = holdListeners(() => new Client(token, options));
  let everConnected = false;
  let leaving = false;
  let closed = false;
  let settleReady = { resolve: (): void => {}, reject: (_: Error): void => {} };
  const ready = new Promise<void>((resolve, reject) => {
    settleReady = { resolve, reject };
  });
  ready.catch(() => {});
  const stateListeners = new Set<() => void>();

  const linkStateOf = (state: ConnectionState): LinkState => {
    switch (state) {
      case 'connected':
        everConnected = true;
        leaving = false;
        return 'connected';
      case 'disconnecting':
        leaving = true;
        return 'connecting';
      case 'denied':
        return 'denied';
      case 'disconnected':
        // A token that expired or was refused is announced by `disconnecting`, and another one helps; a protocol
        // error is not, and nothing does.
        return leaving ? 'denied' : 'dead';
      default:
        return 'connecting';
    }
  };
  const tell = (state: LinkState): void => {
    if (state === 'dead')
      settleReady.reject(new ConnectionError('not_sent', 'The connection is of no more use.'));
    events.link(state);
  };
  const onState = (state: ConnectionState): void => {
    for (const listener of [...stateListeners]) listener();
    tell(linkStateOf(state));
  };
  // Before the first connection this only says that it has not worked yet; afterwards nobody tries again.
  const onInitFailed = (): void => {
    if (everConnected) tell('dead');
  };
  // Attached in the same turn as the client is made: its events come from timers, and are not repeated.
  const handlers = {
    connectionStateChanged: onState,
    initialized() {
      settleReady.resolve();
      // A client whose first list of conversations was cut off never asks for it again, finds nothing, and hangs.
      client.getSubscribedConversations().catch(() => closed || tell('dead'));
    },
    initFailed: onInitFailed,
    tokenAboutToExpire: () => events.tokenExpiring(),
    tokenExpired: () => events.tokenExpired(),
  };
  client.on('connectionStateChanged', handlers.connectionStateChanged);
  client.on('initialized', handlers.initialized);
  client.on('initFailed', handlers.initFailed);
  client.on('tokenAboutToExpire', handlers.tokenAboutToExpire);
  client.on('tokenExpired', handlers.tokenExpired);

  const stateBecomes = (wanted: (state: ConnectionState) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!wanted(client.connectionState)) return;
        stateListeners.delete(look);
        resolve();
      };
      stateListeners.add(look);
      look();
    });

  const requests = createOpenWork();

  /** Every request: never into the SDK's queue, never without an end, and with an error that says what happened. */
  const request = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
    if (closed || client.connectionState !== 'connected') {
      throw new ConnectionError('not_sent', 'There is no link to the chat service.');
    }
    try {
      return await withTimeLimit(requests.add(work()), ms, clock, late);
    } catch (error) {
      throw classify(error);
    }
  };

  const line: Line = {
    request,
    realtimeUrl,
    sendFiles: createFileSender({
      clock,
      // Not part of what the SDK promises: whatever stands there is looked at before it is used.
      mediaClient: () => (client as unknown as SdkInside)._services?.mcsClient,
      sendLimitMs: SEND_LIMIT_MS,
      post: (ms, message) => request(ms, async () => ({ index: await message.build().send() })),
    }),
  };

  return {
    ready: () => ready,
    updateToken: (fresh) =>
      withTimeLimit(
        (async () => {
          // In between, the SDK takes the token, never uses it, and never answers.
          await stateBecomes((state) => state !== 'disconnecting');
          await client.updateToken(fresh);
          // It also says yes to a token that the service never saw: only the state tells.
          await stateBecomes((state) => state === 'connected');
        })(),
        TOKEN_LIMIT_MS,
        clock,
        late,
      ),
    open: (sid) =>
      request(READ_LIMIT_MS, async () => {
        const conversation = await client.getConversationBySid(sid).catch((error: unknown) => {
          const known = classify(error);
          // The service will not say what this is: it is not this visitor's.
          throw known.code === 'refused' ? new ConnectionError('not_a_participant', known.message) : known;
        });
        if (conversation.status !== 'joined') {
          throw new ConnectionError('not_a_participant', 'Not a participant of this conversation.');
        }
        return conversationOf(conversation, line);
      }),
    create: (wanted) =>
      request(READ_LIMIT_MS, async () => {
        const conversation = await client
          .createConversation(wanted as CreateConversationOptions)
          .catch(async (error: unknown): Promise<Conversation> => {
            if (!isNameTaken(error)) throw error;
            const taken = await client.getConversationByUniqueName(wanted.uniqueName);
            if (taken.createdBy === client.user.identity) return taken;
            // Made in wait for this visitor, who may even have been put into it.
            throw new ConnectionError('not_a_participant', 'Somebody else has a conversation of this name.');
          });
        if (conversation.status !== 'joined') {
          await conversation.join().catch((error: unknown) => {
            if (!isAlreadyParticipant(error)) throw error;
          });
        }
        return conversationOf(conversation, line);
      }),
    async close() {
      closed = true;
      release();
      requests.end(new ConnectionError('unknown_outcome', 'The connection was closed.'));
      client.off('connectionStateChanged', handlers.connectionStateChanged);
      client.off('initialized', handlers.initialized);
      client.off('initFailed', handlers.initFailed);
      client.off('tokenAboutToExpire', handlers.tokenAboutToExpire);
      client.off('tokenExpired', handlers.tokenExpired);
      settleReady.reject(new ConnectionError('not_sent', 'The connection was closed.'));
      // It may hang for as long as a handshake does, and ends by itself then.
      await withTimeLimit(client.shutdown(), CLOSE_LIMIT_MS, clock, late).catch(() => {});
    },
  };
}

type Request = <T>(ms: number, work: () => Promise<T>) => Promise<T>;

interface SdkInside {
  _services?: { mcsClient?: unknown };
}

/** What all conversations of one connection share. */
interface Line {
  request: Request;
  realtimeUrl: string | undefined;
  sendFiles: FileSender;
}

function conversationOf(conversation: Conversation, line: Line): RemoteConversation {
  const { request } = line;
  const isClosed = (): boolean => conversation.state?.current === 'closed';
  const messageAt = async (index: number): Promise<Message | undefined> => {
    const { items } = await conversation.getMessages(1, index, 'forward');
    return items.find((message) => message.index === index);
  };
  // What JSON cannot carry is not put in by the outbox.
  const prepare = (body: string, attributes: Record<string, unknown>): MessageBuilder =>
    conversation
      .prepareMessage()
      .setBody(body)
      .setAttributes(attributes as JSONObject);

  return {
    sid: conversation.sid,
    get closed() {
      return isClosed();
    },
    send: (body, attributes, upload) =>
      upload
        ? line.sendFiles(upload, prepare(body, attributes))
        : request(SEND_LIMIT_MS, async () => ({ index: await prepare(body, attributes).build().send() })),
    page: (size, beforeIndex) =>
      request(READ_LIMIT_MS, async () => {
        if (beforeIndex === 0) return { messages: [], hasOlder: false };
        // A fresh paginator each time: walking one of them forward corrupts the SDK's list.
        const anchor = beforeIndex === undefined ? undefined : beforeIndex - 1;
        const page = await conversation.getMessages(size, anchor, 'backwards');
        const messages = page.items.map(remoteMessage);
        const first = messages[0]?.index ?? 0;
        // Reading forward from the middle, the SDK may take that for the beginning; a full page speaks against it.
        return { messages, hasOlder: first > 0 && (page.hasPrevPage || messages.length >= size) };
      }),
    async after(index, limit = Number.POSITIVE_INFINITY) {
      const messages: Message[] = [];
      // The SDK answers from its cache what it believes to know. Only asking for what lies behind the last known
      // message reaches the service, so that the end is the first empty page and not a short one.
      for (let from = index + 1; messages.length < limit; ) {
        const start = from;
        const size = Math.min(BULK_PAGE, limit - messages.length);
        const read = () => conversation.getMessages(size, start, 'forward');
        // A limit for each page: there may be so many that one for all would never be kept.
        const { items } = await request(READ_LIMIT_MS, read);
        const last = items.at(-1);
        if (!last) break;
        messages.push(...items);
        from = last.index + 1;
      }
      // Only now: what was edited while later pages were read is as it is then.
      return messages.map(remoteMessage);
    },
    typing: () => request(READ_LIMIT_MS, () => conversation.typing()),
    markRead: (index) =>
      request(READ_LIMIT_MS, async () => void (await conversation.advanceLastReadMessageIndex(index))),
    unreadCount: () =>
      request(READ_LIMIT_MS, async () => {
        // `null` until something has been read: then all of them are unread.
        return (await conversation.getUnreadMessagesCount()) ?? conversation.getMessagesCount();
      }),
    attributes: () => conversation.attributes,
    participants: () =>
      request(READ_LIMIT_MS, async () => (await conversation.getParticipants()).map(remoteParticipant)),
    mediaUrl: (index, mediaSid) =>
      request(READ_LIMIT_MS, async () => {
        const media = (await messageAt(index))?.attachedMedia?.find(({ sid }) => sid === mediaSid);
        const url = await media?.getContentTemporaryUrl();
        if (url == null) throw new ConnectionError('not_found', 'The message has no such file.');
        if (!isMediaAddress(url, line.realtimeUrl)) {
          throw new ConnectionError(
            'refused',
            'The file is said to be at an address that is not the media service’s.',
          );
        }
        return url;
      }),
    content: (index) =>
      request(READ_LIMIT_MS, async () => (await (await messageAt(index))?.getContentData()) ?? null),
    leave: () => request(READ_LIMIT_MS, async () => void (await conversation.leave())),
    listen(events) {
      const added = (message: Message): void => events.messageAdded(remoteMessage(message));
      const updated = ({ message }: { message: Message }): void =>
        events.messageUpdated(remoteMessage(message));
      const removed = ({ sid, index }: Message): void => events.messageRemoved({ sid, index });
      const typing = (on: boolean) => (participant: Participant) => {
        if (participant.identity !== null) events.typing(participant.identity, on);
      };
      const started = typing(true);
      const ended = typing(false);
      const changed = ({ updateReasons }: { updateReasons: readonly string[] }): void => {
        if (updateReasons.includes('attributes')) events.attributesChanged(conversation.attributes);
        if (isClosed()) events.ended('conversation_closed');
      };
      const joined = (participant: Participant): void =>
        events.participantJoined(remoteParticipant(participant));
      const left = (participant: Participant): void => events.participantLeft(remoteParticipant(participant));
      const moved = ({ participant }: { participant: Participant }): void =>
        events.participantUpdated(remoteParticipant(participant));
      // Deleted, or this visitor was taken out of it.
      const gone = (): void => events.ended('conversation_gone');
      conversation.on('messageAdded', added);
      conversation.on('messageUpdated', updated);
      conversation.on('messageRemoved', removed);
      conversation.on('typingStarted', started);
      conversation.on('typingEnded', ended);
      conversation.on('participantJoined', joined);
      conversation.on('participantLeft', left);
      conversation.on('participantUpdated', moved);
      conversation.on('updated', changed);
      conversation.on('removed', gone);
      return () => {
        conversation.off('messageAdded', added);
        conversation.off('messageUpdated', updated);
        conversation.off('messageRemoved', removed);
        conversation.off('typingStarted', started);
        conversation.off('typingEnded', ended);
        conversation.off('participantJoined', joined);
        conversation.off('participantLeft', left);
        conversation.off('participantUpdated', moved);
        conversation.off('updated', changed);
        conversation.off('removed', gone);
      };
    },
  };
}

function remoteParticipant(participant: Participant): RemoteParticipant {
  const { identity, sid, attributes, lastReadMessageIndex } = participant;
  return { identity, sid, attributes, readTo: lastReadMessageIndex ?? -1 };
}

function remoteMessage(message: Message): RemoteMessage {
  const at = message.dateCreated?.getTime() ?? 0;
  const updatedAt = message.dateUpdated?.getTime() ?? at;
  const { growing } = (message.attributes ?? {}) as { growing?: unknown };
  return {
    sid: message.sid,
    index: message.index,
    author: message.author ?? '',
    body: message.body ?? '',
    attributes: message.attributes,
    at,
    updatedAt,
    // A bot's answer that came in pieces was updated for each of them, and nobody changed what they had said.
    edited: message.lastUpdatedBy !== null && updatedAt > at && growing === undefined,
    media: (message.attachedMedia ?? []).map(({ sid, filename, contentType, size }) => {
      return { sid, name: filename ?? '', type: contentType ?? '', size: size ?? 0 };
    }),
    contentSid: message.contentSid ?? null,
  };
}
