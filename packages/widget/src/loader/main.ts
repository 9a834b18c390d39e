import { type EventDetail, type Plain, readOptions } from '../config.js';
import { createPanel, type Emit, type Panel } from './panel.js';
import { createPolicy } from './policy.js';

const GLOBAL = 'ConversationsWebChat';
const PREFIX = 'conversations-web-chat:';
const METHODS =
  'sendMessage prefill identify logout endChat forgetMe start destroy open close toggle show hide setTheme on once off getState setAttributes setConversationAttributes setLocale downloadTranscript exportData';

type Method = (first?: unknown, second?: unknown) => unknown;
type Global = ((name: string, ...rest: unknown[]) => unknown) & {
  q?: Iterable<Iterable<unknown>>;
  start?: Method;
} & Record<string, unknown>;
type Listener = (detail: EventDetail) => void;

const page = window as unknown as Record<string, Global | undefined>;

const complain = (problem: unknown): void => {
  // biome-ignore lint/suspicious/noConsole: the page's developer has no other place to look
  console.warn(GLOBAL, problem);
};

function install(script: HTMLScriptElement, queue: Iterable<Iterable<unknown>>): void {
  const state: EventDetail = { status: 'idle', unread: 0, conversationSid: null, open: false };
  const listening: [event: unknown, listener: unknown, stop: () => void][] = [];
  const policy = createPolicy(script);
  let panel: Panel | null = null;
  let ready = false;

  const emit: Emit = (event, values) => {
    // Made here, in the page's realm, of values that have none.
    const detail = { ...values };
    for (const name in state) if (name in detail) state[name] = detail[name] as Plain;
    dispatchEvent(new CustomEvent(PREFIX + event, { detail }));
  };

  // The events on window are the only bus: the browser keeps one listener's failure from the others.
  const on = (event: unknown, listener: Listener, once?: boolean): (() => void) => {
    const type = PREFIX + event;
    const handler = (occurred: Event): void => listener((occurred as CustomEvent).detail);
    const stop = (): void => removeEventListener(type, handler);
    listening[listening.length] = [event, listener, stop];
    if (event === 'ready' && ready) setTimeout(listener, 0, {});
    else addEventListener(type, handler, { once: !!once });
    return stop;
  };

  const methods: Record<string, Method> = {
    start(more) {
      if (panel) return;
      const options = readOptions({ ...script.dataset, ...(more as object) }, complain);
      options.nonce ||= script.nonce as string;
      panel = createPanel(options, policy, emit);
      // Not before those are listening whose calls are queued.
      if (options.open) on('ready', () => panel?.open(), true);
    },
    destroy() {
      panel?.destroy();
      panel = null;
    },
    on: on as Method,
    once: (event, listener) => on(event, listener as Listener, true),
    off(event, listener) {
      for (const [heard, by, stop] of listening) if (heard === event && by === listener) stop();
    },
    getState: () => ({ ...state }),
  };

  // Whatever goes wrong in here is ours to report, never the page's to survive.
  const api = ((name, first, second) => {
    try {
      const method = methods[name] ?? panel?.[name as keyof Panel];
      if (method) return (method as Method)(first, second);
      complain(`${name}() is not available yet.`);
    } catch (error) {
      complain(error);
    }
  }) as Global;
  for (const name of METHODS.split(' ')) api[name] = (...rest: unknown[]) => api(name, ...rest);

  page[GLOBAL] = api;
  api('start');
  for (const [name, ...rest] of queue) api(name as string, ...rest);
  ready = true;
  emit('ready', {});
}

const script = document.currentScript as HTMLScriptElement | null;
const earlier = page[GLOBAL];
// An image by this name in the page's markup would be found first, and would say where scripts come from.
if (!(script instanceof HTMLScriptElement && script.src)) complain('Needs a <script src>.');
else if (!earlier?.start) install(script, earlier?.q ?? []);
