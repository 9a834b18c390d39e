/**
 * What a site can set, and what loader and app say to each other: the only file both halves share.
 *
 * The loader carries this file, so it stays small: an option's type is the type of its default, a list means "one
 * of these, the first unless set". `options-table.mjs` makes the README's table from the entries and the comment
 * above each.
 */
const defaults = {
  /** Where tokens come from. Without it: `/chat-widget` on the script's own origin. */
  tokenServiceUrl: '',
  /** Where the realtime socket is. Without it: what the token service says, else Twilio's own. */
  realtimeUrl: '',
  /** Name of this installation; two chats on one origin need two keys. Part of every storage key. */
  key: 'default',
  /** Tells two deployments on one origin apart; part of the visitor's identity. */
  appId: '',
  /** Opens the chat as soon as the page has it, without taking the focus. */
  open: false,
  /** The corner the chat sits in. */
  position: ['right', 'left'],
  /** Pixels between the chat and the side of the window. */
  offsetX: 20,
  /** Pixels between the chat and the bottom of the window. */
  offsetY: 20,
  /** Stacking order within the page. */
  zIndex: 2147483000,
  /** Leaves the launcher button out; the page opens the chat by `ConversationsWebChat.open()`. */
  hideLauncher: false,
  /** Colours: light, dark, or what the visitor's system prefers. */
  theme: ['light', 'dark', 'auto'],
  /** The name above the conversation, also read out by screen readers. */
  title: 'Chat with us',
  /** Where the visitor is remembered: for good, until the tab closes, until the page is left, or not at all. */
  storage: ['local', 'session', 'memory', 'none'],
  /** The page's CSP nonce. Without it: the nonce of the script tag. */
  nonce: '',
} as const satisfies Record<string, string | number | boolean | readonly string[]>;

type Defaults = typeof defaults;
type Value<D> = D extends readonly string[]
  ? D[number]
  : D extends string
    ? string
    : D extends number
      ? number
      : boolean;

/** Every option with its value, as the app gets it. */
export type ChatOptions = { -readonly [Name in keyof Defaults]: Value<Defaults[Name]> };
export type ChatTheme = ChatOptions['theme'];

/** Text from script may be anything. */
export const isTheme = (text: unknown): text is ChatTheme => defaults.theme.some((theme) => theme === text);

type Standard = string | number | boolean | readonly string[];

/** What a value means to an option with this default; `undefined` where it means nothing. */
const read = (standard: Standard | undefined, value: unknown): unknown => {
  // Nothing else may be made into text: an object's own toString could do anything.
  const text = typeof value === 'object' ? undefined : String(value);
  if (typeof standard === 'boolean')
    return text === '' || text === 'true' || (text === 'false' ? false : undefined);
  if (typeof standard === 'number') {
    const number = Number(text);
    return Number.isFinite(number) ? number : undefined;
  }
  return typeof standard === 'string' || standard?.includes(text as string) ? text : undefined;
};

/**
 * Reads options from anything: a `dataset`, or an object from script. Unknown names and values that an option
 * cannot take are told to `complain`, one sentence each, and the default stands. An empty text counts as not set,
 * except that `data-open` alone means yes.
 */
export function readOptions(
  source: Record<string, unknown>,
  complain: (sentence: string) => void,
): ChatOptions {
  // Without prototypes: a page may have put anything on Object.prototype, and an option may be named anything.
  const standards: Record<string, Standard | undefined> = { __proto__: null, ...defaults } as never;
  const given: Record<string, unknown> = { __proto__: null, ...source };
  const options: Record<string, unknown> = { __proto__: null };
  for (const name of Object.keys({ ...standards, ...given })) {
    const standard = standards[name];
    let value: unknown = typeof standard === 'object' ? standard[0] : standard;
    if (given[name] != null && (given[name] !== '' || typeof standard === 'boolean')) {
      const meant = read(standard, given[name]);
      if (meant === undefined) complain(`Option ${name} is not understood.`);
      else value = meant;
    }
    options[name] = value;
  }
  return options as ChatOptions;
}

/** What may cross between the two realms, so that no object of one ever lives in the other. */
export type Plain = string | number | boolean | null;

/** What the page hears, by `on()` and as `conversations-web-chat:*` events on `window`. */
export type ChatEventName =
  | 'ready'
  | 'open'
  | 'close'
  | 'message:sent'
  | 'message:received'
  | 'message:failed'
  | 'conversation:started'
  | 'conversation:ended'
  | 'unread'
  | 'typing'
  | 'connection'
  | 'error';

export type EventDetail = Record<string, Plain>;

/** What the loader gives the app. Called from the frame, run in the page. */
export interface FrameHost {
  readonly options: ChatOptions;
  /** Runs the chat SDK's script in the frame: if that works, {@link FrameWindow.conversationsWebChatConnect} is there. */
  loadSdk(done: () => void): void;
  /** Of `detail` only the values are kept. */
  emit(event: ChatEventName, detail: EventDetail): void;
  close(): void;
  /** Values that outlive the frame but not the page. */
  readonly memory: Record<string, string>;
}

/** What the app gives the loader. */
export interface FrameApp {
  /** The panel was opened or closed; with `focus` the visitor's typing should go to the composer. */
  shown(open: boolean, focus: boolean): void;
  sendMessage(text: string): void;
  prefill(text: string): void;
  /** What the page gives: text, or its own function. */
  identify(userToken: unknown): void;
  logout(): void;
  endChat(): void;
  forgetMe(): void;
  setTheme(theme: string): void;
  destroy(): void;
}

export type FrameWindow = Window & {
  conversationsWebChatApp?: (host: FrameHost) => FrameApp;
  conversationsWebChatConnect?: unknown;
};
