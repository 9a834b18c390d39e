import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createChatSession } from '../chat-session.js';
import type { Connect, RemoteConversation } from '../connection.js';
import { connectionErrorCode } from '../connection.js';
import type { ChatSession } from '../contract.js';
import type { Exclusive, SessionClock, SessionStorage, TabMessage } from '../ports.js';
import type { ChatSnapshot } from '../snapshot.js';
import { createFakeExclusive, createMemoryStorage } from '../testing.js';
import { clientIdOf } from '../transcript.js';
import { createTwilioConnection } from '../twilio-connection.js';
import type { LossyService } from './lossy-service.js';

const clock: SessionClock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** One page, from its load to its end. */
interface Page {
  session: ChatSession;
  /** Ends it as a page ends: what it would still do has no effect on storage, locks and other tabs. */
  leave(how: 'reload' | 'crash'): Promise<void>;
}

export interface LossyTab {
  session(): ChatSession;
  send(): void;
  /** What was typed here. */
  readonly written: string[];
  reload(how: 'reload' | 'crash'): Promise<void>;
}

/** A browser profile: its tabs share storage and locks, and hear each other. */
export interface LossyBrowser {
  tabs: readonly LossyTab[];
  network(online: boolean): void;
  /** What may never be seen and was. */
  readonly wrongs: string[];
  /** Texts that a tab once showed as sent, with the conversation that it showed them in. */
  readonly sent: Map<string, string | null>;
  /** Client ids of messages of whose last attempt no outcome was heard. */
  unknown(): string[];
  /** What happened on the lines, in order: for whoever looks for the cause of a failure. */
  readonly trace: string[];
  close(): Promise<void>;
}

export function openLossyBrowser(
  service: LossyService,
  tabCount: number,
  count: (what: string) => void,
): LossyBrowser {
  const storage = createMemoryStorage();
  const locks = createFakeExclusive();
  const wrongs: string[] = [];
  const sent = new Map<string, string | null>();
  const listeners = new Set<(online: boolean) => void>();
  const hearers = new Map<string, Set<(message: unknown) => void>>();
  const attempts = new Map<string, { unknown: boolean }>();

  const began = Date.now();
  const trace: string[] = [];

  /** Counts and notes what a page asks of its connections, and what becomes of it. */
  const connectOf = (page: string): Connect => {
    const note = (what: string): void => {
      trace.push(`${((Date.now() - began) / 1_000).toFixed(2)} ${page} ${what}`);
    };
    const watched = async <T>(what: string, detail: unknown, work: Promise<T>): Promise<T> => {
      note(`${what} ${detail} …`);
      try {
        const value = await work;
        note(`${what} ${detail} done`);
        return value;
      } catch (error) {
        const code = connectionErrorCode(error) ?? 'no code';
        note(`${what} ${detail} ${code}: ${error instanceof Error ? error.message : ''}`);
        count(`${what}: ${code}`);
        throw error;
      }
    };
    const conversationOf = (remote: RemoteConversation): RemoteConversation => ({
      ...remote,
      get closed() {
        return remote.closed;
      },
      async send(body, attributes, upload) {
        const cid = clientIdOf(attributes) ?? '';
        if (attempts.get(cid)?.unknown) count('sent again after an unknown outcome');
        attempts.set(cid, { unknown: false });
        try {
          return await watched('send', body, remote.send(body, attributes, upload));
        } catch (error) {
          attempts.set(cid, { unknown: connectionErrorCode(error) === 'unknown_outcome' });
          throw error;
        }
      },
      page: (size, before) => watched('page', before, remote.page(size, before)),
      after: (index) => watched('after', index, remote.after(index)),
    });
    return (request) => {
      const events = {
        ...request.events,
        link(state: Parameters<typeof request.events.link>[0]) {
          note(state);
          if (state !== 'connected') count(`link ${state}`);
          request.events.link(state);
        },
      };
      count('connections');
      const connection = createTwilioConnection({ ...request, events });
      return {
        ...connection,
        open: async (sid) => conversationOf(await watched('open', sid, connection.open(sid))),
        create: async (wanted) => conversationOf(await watched('create', '', connection.create(wanted))),
        updateToken: (token) => watched('token', '', connection.updateToken(token)),
      };
    };
  };

  const watch = (name: string, session: ChatSession): (() => void) => {
    const look = (): void => {
      const snapshot = session.getSnapshot();
      const wrong = whatIsWrong(snapshot);
      if (wrong !== null && wrongs.length < 5) wrongs.push(`${name}: ${wrong}`);
      for (const { body, own, state } of snapshot.messages) {
        // The first that it was shown in: one that is over may be named anew before its messages are gone.
        if (own && state === 'sent' && !sent.has(body)) sent.set(body, snapshot.conversationSid);
      }
    };
    return session.subscribe(look);
  };

  const openPage = (name: string): Page => {
    let here = true;
    let leave = (): void => {};
    // A lock ends with its page, whatever the work in it still awaits.
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(new Error('The page is gone.'));
    });
    left.catch(() => {});
    const exclusive: Exclusive = (lock, work) =>
      locks(lock, () => (here ? Promise.race([work(), left]) : left));
    const own: SessionStorage = {
      lasting: true,
      read: storage.read,
      keys: storage.keys,
      write: (key, value) => here && storage.write(key, value),
      remove: (key) => here && storage.remove(key),
    };
    const session = createChatSession({
      connect: async () => connectOf(name),
      fetchToken: service.fetchToken,
      storage: own,
      exclusive,
      clock,
      crypto: {
        randomBytes: (length) => new Uint8Array(randomBytes(length)),
        randomId: () => randomUUID(),
        sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
      },
      watchNetwork(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      openTabs(channel, listener) {
        const all = hearers.get(channel) ?? new Set();
        hearers.set(channel, all.add(listener));
        return {
          tell(message: TabMessage) {
            if (!here) return;
            for (const hearer of all) if (hearer !== listener) setTimeout(() => hearer(message), 0);
          },
          close: () => void all.delete(listener),
        };
      },
      pageSize: 5,
    });
    const unwatch = watch(name, session);
    session.start();
    return {
      session,
      async leave(how) {
        // A page that was never started up to its storage has nothing to come back to.
        await until(session, ({ identity }) => identity !== null);
        unwatch();
        if (how === 'crash') here = false;
        const stopped = session.stop();
        if (how === 'reload') await stopped;
        here = false;
        leave();
        await stopped;
      },
    };
  };

  const openTab = (number: number): LossyTab => {
    let page = openPage(`tab ${number}`);
    let leaving: Promise<void> = Promise.resolve();
    const written: string[] = [];
    return {
      session: () => page.session,
      written,
      send() {
        const text = `${number}.${written.length}`;
        written.push(text);
        page.session.send(text);
      },
      async reload(how) {
        const old = page;
        const left = old.leave(how);
        // After a crash the next page does not wait for anything of the one before.
        if (how === 'reload') await left;
        else await until(old.session, ({ identity }) => identity !== null);
        leaving = Promise.all([leaving, left]).then(() => {});
        page = openPage(`tab ${number}`);
      },
    };
  };
  const tabs = Array.from({ length: tabCount }, (_, number) => openTab(number));

  return {
    tabs,
    wrongs,
    sent,
    trace,
    unknown: () => [...attempts].filter(([, { unknown }]) => unknown).map(([cid]) => cid),
    network(online) {
      for (const listener of listeners) listener(online);
    },
    async close() {
      await Promise.all(tabs.map((tab) => tab.session().stop()));
    },
  };
}

/** Resolves as soon as a snapshot fits. */
export function until(session: ChatSession, fits: (snapshot: ChatSnapshot) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!fits(session.getSnapshot())) return;
      stop();
      resolve();
    };
    const stop = session.subscribe(look);
    look();
  });
}

/** What must hold in every single snapshot. */
function whatIsWrong({ status, reason, messages }: ChatSnapshot): string | null {
  const bodies = messages.map(({ body }) => body);
  if (new Set(bodies).size !== bodies.length) return `shown twice: ${bodies.join(' ')}`;
  if (new Set(messages.map(({ key }) => key)).size !== bodies.length) return 'one key for two bubbles';
  const indexes = messages.map(({ index }) => index).filter((index) => index !== null);
  if (indexes.some((index, place) => index <= (indexes[place - 1] ?? -1))) {
    return `not in the order of the service: ${indexes.join(' ')}`;
  }
  const explained = reason !== null || ['idle', 'starting', 'online', 'offline'].includes(status);
  if (!explained) return `${status} without a reason`;
  const silent = messages.find(({ state, error }) => state === 'failed' && error === null);
  return silent ? `${silent.body} failed without a reason` : null;
}
