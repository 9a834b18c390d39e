import {
  type ChatSession,
  type Connect,
  createChatSession,
  type SessionStorage,
} from '@conversations-web-chat/session';
import {
  createBringAlong,
  createBrowserPorts,
  createFetchToken,
} from '@conversations-web-chat/session/browser';
import type { ChatOptions } from '../config.js';
import { createHumanCheck } from './human-check.js';

declare const __TOKEN_SERVICE_URL__: string;

// Read while this script runs: it comes from where the loader came from, and so, unless told, does the token.
const scriptUrl = (document.currentScript as HTMLScriptElement | null)?.src ?? document.baseURI;

/** Text as an address of one of these protocols, relative ones by the page's own; `fallback` if it is none. */
function address(name: string, text: string, protocols: RegExp, fallback: string): string {
  if (!text) return fallback;
  try {
    const url = new URL(text, document.baseURI);
    if (protocols.test(url.protocol)) return url.href;
  } catch {}
  complain(`option ${name} is not an address that the chat can use; ignored.`);
  return fallback;
}

function complain(sentence: string): void {
  // biome-ignore lint/suspicious/noConsole: the page's developer has no other place to look
  console.warn(`ConversationsWebChat: ${sentence}`);
}

/** Values that outlive the frame but not the page: the frame is made anew when the page moves it. */
function pageStorage(memory: Record<string, string>): SessionStorage {
  return {
    lasting: false,
    read: (key) => (Object.hasOwn(memory, key) ? (memory[key] ?? null) : null),
    write(key, value) {
      memory[key] = value;
    },
    remove(key) {
      delete memory[key];
    },
    keys: () => Object.keys(memory),
  };
}

/** The session with everything that a browser has for it. */
export function openSession(
  options: ChatOptions,
  memory: Record<string, string>,
  connect: () => Promise<Connect>,
): ChatSession {
  const ports = createBrowserPorts({ window, storage: options.storage });
  const fallback = __TOKEN_SERVICE_URL__ || new URL('/chat-widget', scriptUrl).href;
  const realtimeUrl = address('realtimeUrl', options.realtimeUrl, /^wss?:$/, '');
  const service = {
    url: address('tokenServiceUrl', options.tokenServiceUrl, /^https?:$/, fallback),
    fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init),
    humanCheck: createHumanCheck({
      page: window.parent as Window & { ConversationsWebChat?: { humanCheck?: unknown } },
      after: (ms, task) => ports.clock.after(ms, task),
      complain,
    }),
  };
  return createChatSession({
    ...ports,
    ...(options.storage === 'memory' ? { storage: pageStorage(memory) } : {}),
    key: options.key,
    appId: options.appId,
    ...(realtimeUrl ? { realtimeUrl } : {}),
    connect,
    fetchToken: createFetchToken(service),
    bringAlong: createBringAlong(service),
  });
}
