import { type Plain, readOptions } from '../config.js';
import { createPanel, type Emit, type Panel } from './panel.js';

const GLOBAL = 'ConversationsWebChat';
const PREFIX = 'conversations-web-chat:';
const METHODS =
  'start destroy open close toggle show hide sendMessage prefill setTheme on once off getState identify logout setAttributes setConversationAttributes setLocale endChat downloadTranscript exportData forgetMe';

type Method = (first?: unknown, second?: unknown) => unknown;
type Global = ((name: string, ...rest: unknown[]) => unknown) & {
  q?: Iterable<Iterable<unknown>>;
  start?: Method;
} & Record<string, unknown>;
type Listener = (detail: Record<string, Plain>) => void;

const page = window as unknown as Record<string, Global | undefined>;

const complain = (problem: unknown): void => {
  // biome-ignore lint/suspicious/noConsole: the page's developer has no other place to look
  console.warn(GLOBAL, problem);
};

function install(script: HTMLScriptElement, queue: Iterable<Iterable<unknown>>): void {
  const state: Record<string, Plain> = { status: 'idle', unread: 0, conversationSid: null, open: false };
  const handlers: [type: string, listener: Listener, handler: (occurred: Event) => void][] = [];
  let panel: Panel | null = null;
  let ready = false;

  const emit: Emit = (event, fields, ...values) => {
    // Made here, in the page's realm, of values that have none.
    const detail: Record<string, Plain> = {};
    let place = 0;
    for (const name of fields.split(' ')) {
      const value = values[place++] as Plain;
      detail[name] = value;
      if (name in state) state[name] = value;
    }
    dispatchEvent(new CustomEvent(PREFIX + event, { detail }));
  };

  // The events on window are the only bus: the browser keeps one listener's failure from the others.
  const on = (event: unknown, listener: Listener, once?: boolean): (() => void) => {
    const type = PREFIX + event;
    const handler = (occurred: Event): void => listener((occurred as CustomEvent).detail);
    handlers[handlers.length] = [type, listener, handler];
    if (event === 'ready' && ready) setTimeout(listener, 0, {});
    else addEventListener(type, handler, { once: !!once });
    return () => removeEventListener(type, handler);
  };

  const methods: Record<string, Method> = {
    start(more) {
      if (panel) return;
      const options = readOptions({ ...script.dataset, ...(more as object) }, complain);
      options.nonce ||= script.nonce as string;
      panel = createPanel(options, script, emit);
      if (options.open) panel.open();
    },
    destroy() {
      panel?.destroy();
      panel = null;
    },
    on: on as Method,
    once: (event, listener) => on(event, listener as Listener, true),
    off(event, listener) {
      for (const [type, known, handler] of handlers) {
        if (known === listener && type === PREFIX + event) removeEventListener(type, handler);
      }
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
  emit('ready', 'status', 'idle');
}

const script = document.currentScript as HTMLScriptElement | null;
const earlier = page[GLOBAL];
if (!script?.src) complain('Needs a <script src>.');
else if (!earlier?.start) install(script, earlier?.q ?? []);
