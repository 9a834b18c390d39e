import { sha256 } from './browser/sha256.js';
import { fromBase64url, toBase64url, toHex, utf8Bytes, utf8Text } from './bytes.js';
import {
  type Connect,
  type Connection,
  ConnectionError,
  type ConnectionErrorCode,
  type ConnectionEvents,
  type ConversationEvents,
  type RemoteConversation,
  type RemoteMessage,
} from './connection.js';
import type { FetchToken, SessionClock } from './ports.js';

const RECONNECT_MS = 1_000;
const SILENCE_MS = 25_000;

/**
 * What happens to one request: `lost` before the service has it, `unanswered` after it was done (both cut the link),
 * `silent` on a dead but open line, `done_but_failed` an error of a service that did it all the same, or an answer
 * with that error.
 */
export type Fault = 'lost' | 'unanswered' | 'silent' | 'done_but_failed' | ConnectionErrorCode;

type Operation = 'open' | 'create' | 'send' | 'page' | 'after' | 'typing' | 'markRead';

interface Stored {
  sid: string;
  uniqueName: string | null;
  participants: Set<string>;
  messages: RemoteMessage[];
  nextIndex: number;
  closed: boolean;
  reads: Map<string, number>;
}

export interface FakeService {
  connect: Connect;
  fetchToken: FetchToken;
  conversations: Map<string, Stored>;
  /** Tokens live this long, milliseconds. */
  tokenLifeMs: number;
  /** When set, the token service fails with it. */
  tokenError: Error | null;
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
  add(sid: string, author: string, body: string, attributes?: Record<string, unknown>): RemoteMessage;
  edit(sid: string, index: number, body: string): void;
  remove(sid: string, index: number): void;
  close(sid: string): void;
  delete(sid: string): void;
  type(sid: string, identity: string, on: boolean): void;
  /** Connections that are open now. */
  openConnections(): number;
}

interface Link {
  identity: string;
  token: string;
  up: boolean;
  closed: boolean;
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
      if (refusing) return reconnect(link);
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
        await new Promise<void>((resolve) => clock.after(SILENCE_MS, resolve));
        throw new ConnectionError('unknown_outcome', 'No answer came in time.');
      }
      await soon();
      if (fault === 'lost') cut(link);
      if (link.life !== life || fault === 'lost')
        throw new ConnectionError('unknown_outcome', 'disconnected');
      const done = fault === 'unanswered' || fault === 'done_but_failed';
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

  const enter = (link: Link, sid: string): Stored => {
    const stored = service.conversations.get(sid);
    if (!stored) throw new ConnectionError('not_found', 'There is no such conversation.');
    if (!stored.participants.has(link.identity)) {
      throw new ConnectionError('not_a_participant', 'Not a participant of this conversation.');
    }
    return stored;
  };

  const conversationOn = (link: Link, { sid }: Stored): RemoteConversation => ({
    sid,
    get closed() {
      return service.conversations.get(sid)?.closed ?? false;
    },
    send: (body, attributes) =>
      request(link, 'send', () => {
        if (enter(link, sid).closed) throw new ConnectionError('closed', 'The conversation is closed.');
        return { index: service.add(sid, link.identity, body, attributes).index };
      }),
    page: (size, beforeIndex = Number.POSITIVE_INFINITY) =>
      request(link, 'page', () => {
        const older = enter(link, sid).messages.filter(({ index }) => index < beforeIndex);
        return { messages: older.slice(-size), hasOlder: older.length > size };
      }),
    after: (from) =>
      request(link, 'after', () => enter(link, sid).messages.filter(({ index }) => index > from)),
    typing: () =>
      request(link, 'typing', () => {
        tell(
          sid,
          (listener) => listener.typing(link.identity, true),
          (other) => other !== link,
        );
      }),
    markRead: (index) =>
      request(link, 'markRead', () => void enter(link, sid).reads.set(link.identity, index)),
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
        if (link.up || refusing) return;
        link.up = true;
        link.events.link('connected');
      },
      open: (sid) => request(link, 'open', () => conversationOn(link, enter(link, sid))),
      create: ({ uniqueName }) =>
        request(link, 'create', () => {
          const named = [...service.conversations.values()].find(
            (stored) => stored.uniqueName === uniqueName,
          );
          if (named) return conversationOn(link, enter(link, named.sid));
          const sid = `CH${toHex(sha256(utf8Bytes(`${service.conversations.size} ${uniqueName}`))).slice(0, 32)}`;
          const stored: Stored = {
            sid,
            uniqueName,
            participants: new Set([link.identity]),
            messages: [],
            nextIndex: 0,
            closed: false,
            reads: new Map(),
          };
          service.conversations.set(sid, stored);
          return conversationOn(link, stored);
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

  const stored = (sid: string): Stored => {
    const found = service.conversations.get(sid);
    if (!found) throw new Error(`The fake service has no conversation ${sid}.`);
    return found;
  };

  const service: FakeService = {
    connect,
    conversations: new Map(),
    tokenLifeMs: 3_600_000,
    tokenError: null,
    granted: [],
    async fetchToken({ identity }) {
      await soon();
      if (service.tokenError) throw service.tokenError;
      tokens += 1;
      const iat = clock.now() / 1_000;
      const token = makeFakeToken(identity, { jti: tokens, iat, exp: iat + service.tokenLifeMs / 1_000 });
      service.granted.push(token);
      const expiresIn = service.tokenLifeMs / 1_000;
      return { token, identity, expiresIn, realtimeUrl: null, conversationSid: null };
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
    add(sid, author, body, attributes = {}) {
      const conversation = stored(sid);
      const index = conversation.nextIndex;
      conversation.nextIndex += 1;
      const at = clock.now();
      const id = toHex(sha256(utf8Bytes(`${sid} ${index}`))).slice(0, 32);
      const message = { sid: `IM${id}`, index, author, body, attributes, at, updatedAt: at, edited: false };
      conversation.messages.push(message);
      tell(sid, (listener) => listener.messageAdded(message));
      return message;
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
      service.conversations.delete(sid);
      tell(sid, (listener) => listener.ended('conversation_gone'));
    },
    type: (sid, identity, on) => tell(sid, (listener) => listener.typing(identity, on)),
    openConnections: () => links.size,
  };
  return service;
}

function claimsOf(token: string): { identity: string; exp: number | undefined } {
  const claims = JSON.parse(
    utf8Text(fromBase64url(token.split('.')[1] ?? '') ?? new Uint8Array()) ?? '{}',
  ) as {
    grants?: { identity?: string };
    exp?: number;
  };
  return { identity: claims.grants?.identity ?? '', exp: claims.exp };
}

/** An unsigned token that the fake service and the session's own check accept. */
export function makeFakeToken(identity: string, claims: Record<string, unknown> = {}): string {
  const part = (value: unknown): string => toBase64url(utf8Bytes(JSON.stringify(value)));
  return `${part({ alg: 'none' })}.${part({ ...claims, grants: { identity } })}.fake`;
}
