import { createChatSession } from './chat-session.js';
import type { FileContent } from './connection.js';
import type { ChatSession, ChatSessionOptions } from './contract.js';
import type { FileStore } from './ports.js';
import {
  createFakeClock,
  createFakeCrypto,
  createFakeExclusive,
  createFakeService,
  createFakeTabs,
  createMemoryStorage,
  type FakeClock,
  type FakeService,
  type FakeTabs,
} from './testing.js';

let seed = 0;

/** One browser: any number of tabs on the same storage, locks and service. For this package's own tests. */
export interface FakeBrowser {
  clock: FakeClock;
  service: FakeService;
  storage: ReturnType<typeof createMemoryStorage>;
  /** What its tabs tell each other. */
  tabs: FakeTabs;
  /** The browser says that the network is there or not, to the tab opened last. */
  network(online: boolean): void;
  /** The page of that tab comes back to life. */
  wake(): void;
  open(options?: Partial<ChatSessionOptions> & { secureContext?: boolean }): ChatSession;
  /** Stops all tabs. */
  close(): Promise<void>;
}

export function createFakeBrowser(
  clock: FakeClock = createFakeClock(),
  service: FakeService = createFakeService(clock),
): FakeBrowser {
  const storage = createMemoryStorage();
  const exclusive = createFakeExclusive();
  const sessions: ChatSession[] = [];
  const tabs = createFakeTabs();
  let announce: (online: boolean) => void = () => {};
  let wake = (): void => {};
  return {
    clock,
    service,
    storage,
    tabs,
    network: (online) => announce(online),
    wake: () => wake(),
    open({ secureContext = true, ...rest } = {}) {
      seed += 1;
      const session = createChatSession({
        connect: service.connect,
        fetchToken: service.fetchToken,
        storage,
        clock,
        crypto: { ...createFakeCrypto(seed), secureContext },
        exclusive,
        openTabs: tabs.openTabs,
        watchNetwork(listener) {
          announce = listener;
          return () => {};
        },
        watchWake(listener) {
          wake = () => listener({ ms: 60_000 });
          return () => {
            wake = () => {};
          };
        },
        ...rest,
      });
      sessions.push(session);
      return session;
    },
    async close() {
      for (const session of sessions) await session.stop();
    },
  };
}

/** A browser with one tab that is online. */
export async function startFakeBrowser(
  browser: FakeBrowser,
): Promise<
  FakeBrowser & { session: ChatSession; sid: string; stored(): readonly { sid: string; body: string }[] }
> {
  const session = browser.open();
  session.start();
  await browser.clock.settle();
  const sid = session.getSnapshot().conversationSid ?? '';
  return { ...browser, session, sid, stored: () => browser.service.conversations.get(sid)?.messages ?? [] };
}

/** A store of files that outlives the page, and can be looked into. */
export function createOpenFiles(): FileStore & { contents: Map<string, FileContent> } {
  const contents = new Map<string, FileContent>();
  return {
    contents,
    async write(key, content) {
      contents.set(key, content);
      return true;
    },
    read: async (key) => contents.get(key) ?? null,
    remove: async (key) => void contents.delete(key),
    async clear(prefix) {
      for (const key of contents.keys()) if (key.startsWith(prefix)) contents.delete(key);
    },
  };
}
