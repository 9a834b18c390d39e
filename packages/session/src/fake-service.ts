import {
  type Connect,
  type Connection,
  ConnectionError,
  type ConnectionErrorCode,
  type ConnectionEvents,
  type ConversationEvents,
  type FileContent,
  type RemoteConversation,
  type RemoteMedia,
  type Upload,
} from './connection.js';
import {
  createFakeConversations,
  type FakeConversations,
  participantOf,
  type StoredConversation,
} from './fake-conversations.js';
import { claimsOf, makeFakeToken } from './fake-token.js';
import type { FetchToken, SessionClock, TokenRequest } from './ports.js';

const RECONNECT_MS = 1_000;
const SILENCE_MS = 25_000;

/**
 * What happens to one request: `lost` before the service has it, `unanswered` after it was done (both cut the link),
 * `silent` on a dead but open line, `done_but_failed` an error of a service that did it all the same, or an answer
 * with that error.
 */
export type Fault =
  | 'lost'
  | 'unanswered'
  | 'silent'
  | 'done_but_failed'
  | ConnectionErrorCode
  | ConnectionError;

type Operation =
  | 'open'
  | 'create'
  | 'send'
  | 'upload'
  | 'page'
  | 'after'
  | 'typing'
  | 'markRead'
  | 'unreadCount'
  | 'participants'
  | 'mediaUrl'
  | 'content'
  | 'leave'
  | 'updateToken';

export interface FakeService extends FakeConversations {
  connect: Connect;
  fetchToken: FetchToken;
  /** Tokens live this long, milliseconds. */
  tokenLifeMs: number;
  /** When set, the token service fails with it. */
  tokenError: Error | null;
  /** The token service makes the conversations, and clients may not. */
  offering: boolean;
  /** Each file takes this long to upload, milliseconds, and says so at each quarter. */
  uploadMs: number;
  /** What was uploaded, by media SID. */
  uploads: Map<string, FileContent>;
  /** What the token service was asked. */
  asked: TokenRequest[];
  /** Every token given out. */
  granted: string[];
  /** The next request of this kind meets this fault. */
  fail(operation: Operation, fault: Fault): void;
  /** Cuts every link; they come back by themselves after a second, unless refused. */
  drop(): void;
  refuse(on: boolean): void;
  /** Tokens given out so far count for nothing any more, and links that use them are cut. */
  denyTokens(): void;
  /** Links that cannot be saved: only a new connection helps. */
  kill(): void;
  type(sid: string, identity: string, on: boolean): void;
  /** Cuts every link, and none comes back by itself, nor by another token: a handshake that nobody answers. */
  stick(): void;
  /** Connections that are open now. */
  openConnections(): number;
  /** Connections that were ever made. */
  connectionsMade(): number;
}

interface Link {
  identity: string;
  token: string;
  up: boolean;
  closed: boolean;
  stuck: boolean;
  /** Changes with every cut: what was under way before is lost. */
  life: number;
  events: ConnectionEvents;
  listeners: Map<string, Set<ConversationEvents>>;
  lost: Set<() => void>;
}

export function createFakeService(clock: SessionClock): FakeService {
  const links = new Set<Link>();
  const faults = new Map<Operation, Fault[]>();
  const denied = new Set<string>();
  let refusing = false;
  let muted: Link | null = null;
  let tokens = 0;
  let offers = 0;
  let made = 0;
  let urls = 0;

  const never = async (): Promise<never> => {
    await new Promise<void>((resolve) => clock.after(SILENCE_MS, resolve));
    throw new ConnectionError('unknown_outcome', 'No answer came in time.');
  };
  const soon = (): Promise<void> => Promise.resolve().then(() => {});

  const tell = (sid: string, say: (listener: ConversationEvents) => void, to = (_: Link) => true): void => {
    for (const link of links) {
      const { life } = link;
      // A link that is down hears nothing, and is told nothing later: reading again is the session's part.
      if (!link.up || link === muted || !to(link)) continue;
      void soon().then(() => {
        if (link.life === life) for (const listener of [...(link.listeners.get(sid) ?? [])]) say(listener);
      });
    }
  };

  const cut = (link: Link): void => {
    link.life += 1;
    const wasUp = link.up;
    link.up = false;
    for (const lose of [...link.lost]) lose();
    link.lost.clear();
    if (wasUp) link.events.link('connecting');
    reconnect(link);
  };

  const reconnect = (link: Link): void => {
    const { life } = link;
    clock.after(RECONNECT_MS, () => {
      if (link.closed || link.up || link.life !== life) return;
      if (refusing || link.stuck) return reconnect(link);
      if (!isValid(link.token)) {
        link.events.link('denied');
        link.events.tokenExpired();
        return;
      }
      link.up = true;
      link.events.link('connected');
    });
  };

  const isValid = (token: string): boolean => {
    const { exp } = claimsOf(token);
    return !denied.has(token) && (exp === undefined || exp > clock.now() / 1_000);
  };

  const request = async <T>(link: Link, operation: Operation, work: () => T): Promise<T> => {
    if (!link.up) throw new ConnectionError('not_sent', 'There is no link.');
    const { life } = link;
    const fault = faults.get(operation)?.shift();
    let lose = (): void => {};
    const broken = new Promise<never>((_, reject) => {
      lose = () => reject(new ConnectionError('unknown_outcome', 'disconnected'));
      link.lost.add(lose);
    });
    const answered = (async () => {
      if (fault === 'silent') {
        return never();
      }
      await soon();
      if (fault === 'lost') cut(link);
      if (link.life !== life || fault === 'lost')
        throw new ConnectionError('unknown_outcome', 'disconnected');
      const done = fault === 'unanswered' || fault === 'done_but_failed';
      if (fault instanceof ConnectionError) throw fault;
      if (fault && !done) throw new ConnectionError(fault, `The service says: ${fault}.`);
      // Its event would tell what the answer does not.
      muted = fault === 'done_but_failed' ? link : null;
      const result = work();
      muted = null;
      if (fault === 'done_but_failed') throw new ConnectionError('busy', 'The service says: busy.');
      if (fault === 'unanswered') cut(link);
      await soon();
      return result;
    })();
    return Promise.race([answered, broken]).finally(() => link.lost.delete(lose));
  };

  const enter = (link: Link, sid: string): StoredConversation => {
    const stored = service.conversations.get(sid);
    if (!stored) throw new ConnectionError('not_found', 'There is no such conversation.');
    if (!stored.participants.has(link.identity)) {
      throw new ConnectionError('not_a_participant', 'Not a participant of this conversation.');
    }
    return stored;
  };

  /** Over a way of its own, as the SDK does: the link has no part in it. */
  const bring = async ({ files, onProgress, cancelled }: Upload): Promise<RemoteMedia[]> => {
    const media: RemoteMedia[] = [];
    for (const [place, { name, type, content }] of files.entries()) {
      for (const share of [0.25, 0.5, 0.75, 1]) {
        await (service.uploadMs > 0
          ? new Promise<void>((resolve) => clock.after(service.uploadMs / 4, resolve))
          : soon());
        const fault = share === 1 ? faults.get('upload')?.shift() : undefined;
        if (fault === 'busy' || fault === 'refused')
          throw new ConnectionError(fault, 'The file is not taken.');
        if (fault) throw new ConnectionError('not_sent', 'The upload broke off.');
        if (!cancelled.aborted) onProgress(place, share);
        if (cancelled.aborted) throw new ConnectionError('not_sent', 'The upload was cancelled.');
      }
      const sid = `ME${service.uploads.size}`;
      service.uploads.set(sid, content);
      media.push({ sid, name, type, size: content.size });
    }
    return media;
  };

  const conversationOn = (link: Link, { sid }: StoredConversation): RemoteConversation => ({
    sid,
    get closed() {
      return service.conversations.get(sid)?.closed ?? false;
    },
    async send(body, attributes, upload) {
      const media = upload ? await bring(upload) : [];
      if (upload?.cancelled.aborted) throw new ConnectionError('not_sent', 'The upload was cancelled.');
      upload?.onUploaded();
      return request(link, 'send', () => {
        if (enter(link, sid).closed) throw new ConnectionError('closed', 'The conversation is closed.');
        return { index: service.add(sid, link.identity, body, attributes, media).index };
      });
    },
    page: (size, beforeIndex = Number.POSITIVE_INFINITY) =>
      request(link, 'page', () => {
        const older = enter(link, sid).messages.filter(({ index }) => index < beforeIndex);
        return { messages: older.slice(-size), hasOlder: older.length > size };
      }),
    after: (from, limit) =>
      request(link, 'after', () => {
        return enter(link, sid)
          .messages.filter(({ index }) => index > from)
          .slice(0, limit);
      }),
    typing: () =>
      request(link, 'typing', () => {
        tell(
          sid,
          (listener) => listener.typing(link.identity, true),
          (other) => other !== link,
        );
      }),
    markRead: (index) =>
      request(link, 'markRead', () => {
        const before = enter(link, sid).reads.get(link.identity) ?? -1;
        store.read(sid, link.identity, Math.max(index, before));
      }),
    unreadCount: () =>
      request(link, 'unreadCount', () => {
        const { messages, reads } = enter(link, sid);
        return messages.filter(({ index }) => index > (reads.get(link.identity) ?? -1)).length;
      }),
    attributes: () => service.conversations.get(sid)?.attributes ?? {},
    participants: () =>
      request(link, 'participants', () => {
        const stored = enter(link, sid);
        return [...stored.participants].map((identity) => participantOf(stored, identity));
      }),
    mediaUrl: (index, mediaSid) =>
      request(link, 'mediaUrl', () => {
        const message = enter(link, sid).messages.find((other) => other.index === index);
        if (!message?.media.some((file) => file.sid === mediaSid)) {
          throw new ConnectionError('not_found', 'The message has no such file.');
        }
        urls += 1;
        return `https://media.invalid/${mediaSid}?${urls}`;
      }),
    content: (index) => request(link, 'content', () => enter(link, sid).contents.get(index) ?? null),
    leave: () =>
      request(link, 'leave', () => {
        enter(link, sid);
        service.leave(sid, link.identity);
      }),
    listen(events) {
      const listeners = link.listeners.get(sid) ?? new Set();
      link.listeners.set(sid, listeners.add(events));
      return () => void listeners.delete(events);
    },
  });

  const connect: Connect = ({ token, events }) => {
    const link: Link = {
      identity: claimsOf(token).identity,
      token,
      up: false,
      closed: false,
      stuck: false,
      life: 0,
      events: {
        link: (state) => link.closed || events.link(state),
        tokenExpiring: () => link.closed || events.tokenExpiring(),
        tokenExpired: () => link.closed || events.tokenExpired(),
      },
      listeners: new Map(),
      lost: new Set(),
    };
    links.add(link);
    made += 1;
    const ready = (async () => {
      await soon();
      while (refusing && !link.closed)
        await new Promise<void>((resolve) => clock.after(RECONNECT_MS, resolve));
      if (link.closed) throw new ConnectionError('not_sent', 'The connection was closed.');
      if (!isValid(link.token)) {
        link.events.link('denied');
        throw new ConnectionError('not_sent', 'The token was refused.');
      }
      link.up = true;
      link.events.link('connected');
    })();
    ready.catch(() => {});
    const connection: Connection = {
      ready: () => ready,
      async updateToken(fresh) {
        await soon();
        link.token = fresh;
        if (!isValid(fresh)) {
          link.up = false;
          link.events.link('denied');
          throw new ConnectionError('not_sent', 'The token was refused.');
        }
        if (faults.get('updateToken')?.shift() === 'silent' || link.stuck) await never();
        // Taken, and used when there is a link again: it is done only then.
        for (let waited = 0; !link.up && refusing; waited += RECONNECT_MS) {
          if (waited > SILENCE_MS) throw new ConnectionError('unknown_outcome', 'No answer came in time.');
          await new Promise<void>((resolve) => clock.after(RECONNECT_MS, resolve));
        }
        if (link.up || link.closed) return;
        link.up = true;
        link.events.link('connected');
      },
      open: (sid) => request(link, 'open', () => conversationOn(link, enter(link, sid))),
      create: ({ uniqueName }) =>
        request(link, 'create', () => {
          if (service.offering) throw new ConnectionError('refused', 'No permission to create.');
          const { sid, createdBy } = store.named(uniqueName, link.identity);
          if (createdBy !== link.identity)
            throw new ConnectionError('not_a_participant', 'It is another one’s.');
          return conversationOn(link, enter(link, sid));
        }),
      async close() {
        link.closed = true;
        link.up = false;
        link.life += 1;
        for (const lose of [...link.lost]) lose();
        links.delete(link);
      },
    };
    return connection;
  };

  const store = createFakeConversations(clock, tell);
  const offer = ({ identity, ended }: TokenRequest): string | null => {
    if (!service.offering) return null;
    const own = [...store.conversations.values()].filter(({ participants }) => participants.has(identity));
    const newest = own.findLast(({ closed }) => !closed) ?? own.at(-1);
    if (newest && (!newest.closed || ended === undefined)) return newest.sid;
    offers += 1;
    return store.named(`w_${identity} ${offers}`, identity).sid;
  };
  const service: FakeService = {
    ...store,
    connect,
    tokenLifeMs: 3_600_000,
    tokenError: null,
    offering: false,
    uploadMs: 0,
    uploads: new Map(),
    asked: [],
    granted: [],
    async fetchToken(asked) {
      const { identity } = asked;
      service.asked.push(asked);
      await soon();
      if (service.tokenError) throw service.tokenError;
      tokens += 1;
      const iat = clock.now() / 1_000;
      const token = makeFakeToken(identity, { jti: tokens, iat, exp: iat + service.tokenLifeMs / 1_000 });
      service.granted.push(token);
      const expiresIn = service.tokenLifeMs / 1_000;
      return { token, identity, expiresIn, realtimeUrl: null, conversationSid: offer(asked) };
    },
    leave(sid, identity) {
      store.leave(sid, identity);
      tell(
        sid,
        (listener) => listener.ended('conversation_gone'),
        (link) => link.identity === identity,
      );
    },
    fail: (operation, fault) => void faults.set(operation, [...(faults.get(operation) ?? []), fault]),
    drop: () => [...links].forEach(cut),
    refuse(on) {
      refusing = on;
      if (on) [...links].forEach(cut);
    },
    denyTokens() {
      for (const token of service.granted) denied.add(token);
      [...links].forEach(cut);
    },
    kill() {
      for (const link of [...links]) {
        link.up = false;
        link.life += 1;
        for (const lose of [...link.lost]) lose();
        link.events.link('dead');
      }
    },
    type: (sid, identity, on) => tell(sid, (listener) => listener.typing(identity, on)),
    stick() {
      for (const link of [...links]) {
        link.stuck = true;
        cut(link);
      }
    },
    openConnections: () => links.size,
    connectionsMade: () => made,
  };
  return service;
}
