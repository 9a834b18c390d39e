import { sha256 } from '@noble/hashes/sha2.js';
import type {
  Exclusive,
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
} from '../ports.js';
import { createExclusive } from './exclusive.js';
import { createFileStore } from './file-store.js';
import { createOpenTabs } from './open-tabs.js';
import { createShrinkImage } from './shrink-image.js';
import { createStorage, type StorageChoice } from './storage.js';
import { createTellDeveloper } from './tell-developer.js';
import { tidyStorage } from './tidy-storage.js';
import { createWatchPolicy } from './watch-policy.js';
import { createWatchWake } from './watch-wake.js';

export interface BrowserPortsOptions {
  /** The window the chat runs in. In a same-origin frame its storage is the host page's. */
  window: Window & typeof globalThis;
  /**
   * Where identity and unsent text live: `local` (default) outlives the browser, `session` the reload, `memory`
   * nothing; `none` keeps nothing at all, so that each start is a new visitor's.
   */
  storage?: StorageChoice;
}

export interface BrowserPorts {
  storage: SessionStorage;
  clock: SessionClock;
  crypto: SessionCrypto;
  exclusive: Exclusive;
  watchNetwork: WatchNetwork;
  watchLeave: WatchLeave;
  openTabs: OpenTabs;
  files: FileStore;
  shrinkImage: ShrinkImage;
  watchWake: WatchWake;
  watchPolicy: WatchPolicy;
  tidy: () => void;
}

/**
 * Everything a session needs of a browser but the token service. Touches storage only when the session does.
 *
 * @example
 * ```ts
 * const ports = createBrowserPorts({ window, storage: 'local' });
 * const session = createChatSession({ ...ports, connect, fetchToken });
 * ```
 */
export function createBrowserPorts(options: BrowserPortsOptions): BrowserPorts {
  const { window } = options;
  const storage = createStorage(window, options.storage ?? 'local');
  const clock = createClock(window);
  return {
    storage,
    clock,
    crypto: createCrypto(window),
    exclusive: createExclusive({
      locks: () => window.navigator.locks,
      storage,
      clock,
      newId: () => randomId(window),
    }),
    watchNetwork: createWatchNetwork(window),
    watchLeave: createWatchLeave(window),
    tidy: () => tidyStorage(() => [window.localStorage, window.sessionStorage]),
    // What is to outlive nothing but the tab must not outlive it in a database.
    files: createFileStore((options.storage ?? 'local') === 'local'),
    shrinkImage: createShrinkImage(),
    openTabs: createOpenTabs(window, (options.storage ?? 'local') === 'local'),
    watchWake: createWatchWake(window, clock),
    watchPolicy: createWatchPolicy(window, createTellDeveloper(window)),
  };
}

function createClock(window: Window): SessionClock {
  return {
    now: () => Date.now(),
    steady: () => window.performance.now(),
    after(ms, task) {
      const timer = window.setTimeout(task, ms);
      return () => window.clearTimeout(timer);
    },
  };
}

function createCrypto(window: Window): SessionCrypto {
  return {
    randomBytes: (length) => window.crypto.getRandomValues(new Uint8Array(length)),
    randomId: () => randomId(window),
    sha256,
    // The SDK calls it when it is built; it exists in secure contexts only.
    secureContext: typeof window.crypto?.randomUUID === 'function',
  };
}

function randomId(window: Window): string {
  if (typeof window.crypto.randomUUID === 'function') return window.crypto.randomUUID();
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function createWatchNetwork(window: Window): WatchNetwork {
  return (listener) => {
    const online = (): void => listener(true);
    const offline = (): void => listener(false);
    window.addEventListener('online', online);
    window.addEventListener('offline', offline);
    if (window.navigator.onLine === false) offline();
    return () => {
      window.removeEventListener('online', online);
      window.removeEventListener('offline', offline);
    };
  };
}

function createWatchLeave(window: Window): WatchLeave {
  return (listener) => {
    // On a phone a page that is hidden may never be heard of again.
    const hidden = (): void => {
      if (window.document.visibilityState === 'hidden') listener();
    };
    window.addEventListener('pagehide', listener);
    window.document.addEventListener('visibilitychange', hidden);
    return () => {
      window.removeEventListener('pagehide', listener);
      window.document.removeEventListener('visibilitychange', hidden);
    };
  };
}
