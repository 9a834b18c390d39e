import type { OpenTabs, TabMessage, Tabs } from '../ports.js';

/**
 * Tabs by BroadcastChannel. Where there is none, or the browser refuses it, a value that is written to `localStorage`
 * and taken away at once does the same: other tabs get an event for it.
 *
 * @param byStorage the chat keeps its things in `localStorage`, so that this may be written to it, too
 */
export function createOpenTabs(
  window: Window & Pick<typeof globalThis, 'BroadcastChannel'>,
  byStorage: boolean,
): OpenTabs {
  return (name, listener) =>
    openChannel(window, name, listener) ??
    (byStorage ? openStorage(window, `${name}:told`, listener) : { tell() {}, close() {} });
}

type Listener = (message: unknown) => void;

function openChannel(
  window: Window & Pick<typeof globalThis, 'BroadcastChannel'>,
  name: string,
  listener: Listener,
): Tabs | null {
  try {
    const channel = new window.BroadcastChannel(name);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => listener(data);
    return {
      tell(message) {
        // Plain data can be told always; a channel that the browser closed cannot.
        try {
          channel.postMessage(message);
        } catch {}
      },
      close: () => channel.close(),
    };
  } catch {
    return null;
  }
}

function openStorage(window: Window, key: string, listener: Listener): Tabs {
  let told = 0;
  const hear = (event: StorageEvent): void => {
    if (event.key !== key || event.newValue === null) return;
    try {
      listener((JSON.parse(event.newValue) as { message?: unknown } | null)?.message);
    } catch {
      // Nothing of ours.
    }
  };
  window.addEventListener('storage', hear);
  return {
    tell(message: TabMessage) {
      told += 1;
      try {
        // Counted: an event comes only for a value that is another one.
        window.localStorage.setItem(key, JSON.stringify({ told, message }));
        window.localStorage.removeItem(key);
      } catch {
        // Blocked or full: the others find it in storage or at the service.
      }
    },
    close: () => window.removeEventListener('storage', hear),
  };
}
