import type {
  ChatEventName,
  ChatOptions,
  ChatTheme,
  EventDetail,
  FrameApp,
  FrameHost,
  FrameWindow,
  Plain,
} from '../config.js';
import { styles } from './look.js';
import { APP, type Policy, SDK } from './policy.js';

const NOT_LOADED = 'Chat did not load. Close it and try again.';

export type Emit = (event: ChatEventName, detail: EventDetail) => void;

/** What is for the app to do. */
type Asked = 'sendMessage' | 'prefill' | 'identify' | 'logout' | 'endChat' | 'forgetMe';
// As it stands in the list of all methods, which makes it small.
const ASKED = 'sendMessage prefill identify logout endChat forgetMe';

/** The methods of the public API that need launcher or frame. */
export interface Panel extends Record<Asked, (value: unknown) => void> {
  open(): void;
  close(): void;
  toggle(): void;
  show(): void;
  hide(): void;
  setTheme(theme: unknown): void;
  destroy(): void;
}

/** Launcher and panel in the page. */
export function createPanel(options: ChatOptions, policy: Policy, emit: Emit): Panel {
  const host = document.createElement('div');
  const shadow = host.attachShadow({ mode: 'open' });
  const launcher = document.createElement('button');
  const badge = document.createElement('b');
  const frame = document.createElement('iframe');
  let app: FrameApp | null = null;
  let calls: ((app: FrameApp) => void)[] = [];
  let before: HTMLElement | null = null;
  let isOpen = false;
  let wanted = false;
  let filled = false;
  let unread: Plain = 0;
  let moves = 0;

  const show = (): void => {
    frame.inert = !isOpen;
    launcher.className = isOpen ? 'o' : '';
    launcher.setAttribute('aria-expanded', `${isOpen}`);
    launcher.setAttribute(
      'aria-label',
      `${isOpen ? 'Close' : 'Open'} chat${unread ? `, ${unread} unread` : ''}`,
    );
    badge.textContent = unread ? `${unread}` : '';
  };

  /** Adds a script to the frame; without `done` only fetches it. Each kind of element ignores what it has no use for. */
  const add = (file: string, done?: () => void): void => {
    const target = frame.contentDocument as Document;
    const element = target.createElement(done ? 'script' : 'link') as HTMLScriptElement & HTMLLinkElement;
    element.nonce = options.nonce;
    element.rel = 'preload';
    element.as = 'script';
    element.onload = element.onerror = done ?? null;
    element.src = element.href = policy.createScriptURL(file);
    target.head.append(element);
  };

  const frameHost: FrameHost = {
    options,
    memory: {},
    close: () => setOpen(false),
    loadSdk: (done) => add(SDK, done),
    emit(event, detail) {
      unread = detail.unread ?? unread;
      show();
      emit(event, detail);
    },
  };

  const load = (): void => {
    const { contentDocument } = frame;
    const { body } = contentDocument as Document;
    // Unseen, it takes the first letters; the app puts them into the composer.
    const field = body.lastChild as HTMLElement;
    field.style.opacity = '0';
    if (shadow.activeElement === frame) field.focus();
    add(APP, () => {
      // The frame may have been moved, and so reloaded, while its script was on the way.
      if (frame.contentDocument !== contentDocument) return;
      app = (frame.contentWindow as FrameWindow).conversationsWebChatApp?.(frameHost) ?? null;
      if (app) {
        if (isOpen) app.shown(true, shadow.activeElement === frame);
        for (const call of calls) call(app);
        calls = [];
      } else {
        wanted = false;
        body.replaceChildren(NOT_LOADED, field);
        emit('error', { code: 'load_failed', message: NOT_LOADED });
      }
    });
  };

  /** The visitor comes near: the frame is made and its scripts are fetched, but nothing runs in it yet. */
  const near = (): void => {
    if (frame.onload) return;
    frame.title = options.title;
    // Not only once: each time the frame is moved in the page it loads anew, and the app in it is lost.
    frame.onload = () => {
      filled = true;
      app = null;
      add(APP);
      add(SDK);
      if (wanted) load();
    };
    frame.srcdoc = policy.createHTML('');
    shadow.append(frame);
  };

  const want = (): void => {
    near();
    if (filled && !wanted) load();
    wanted = true;
  };

  const asks = {} as Record<Asked, (value: unknown) => void>;
  for (const name of ASKED.split(' ') as Asked[]) {
    /** Now, or as soon as the app is there. */
    asks[name] = (value) => {
      // Made into text here: what the page's objects do then is the page's own failure.
      const given = typeof value === 'function' ? value : `${value}`;
      const call = (to: FrameApp): void => to[name](given as never);
      if (app) return call(app);
      calls = [...calls, call];
      // Who somebody is matters once they chat.
      if (name !== 'identify') want();
    };
  }

  const setOpen = (next: boolean): void => {
    if (next === isOpen) return;
    // Only the visitor's own click or key moves the focus; a page that opens the chat by itself does not.
    const focus = next ? (navigator.userActivation?.isActive ?? true) : shadow.activeElement === frame;
    isOpen = next;
    if (next) {
      before = document.activeElement as HTMLElement;
      near();
    }
    // First shown, then focused: on a phone the launcher is there only while the chat is closed.
    show();
    if (focus) (next ? frame : launcher.hidden ? before : launcher)?.focus();
    if (next) want();
    app?.shown(next, focus);
    emit(next ? 'open' : 'close', { open: next });
  };
  const toggle = (): void => setOpen(!isOpen);

  // Pages that swap their body, or all they have, must not lose the chat; two that fight over it must not hang.
  const observer = new MutationObserver(() => {
    if (!host.isConnected && moves++ < 50) attach();
  });
  const attach = (): void => {
    document.documentElement.append(host);
    observer.observe(document.documentElement, { childList: true });
  };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles(options));
  shadow.adoptedStyleSheets = [sheet];
  launcher.hidden = options.hideLauncher;
  launcher.setAttribute('aria-haspopup', 'dialog');
  launcher.onclick = toggle;
  launcher.onpointerenter = launcher.onfocus = near;
  launcher.onkeydown = ({ key }) => {
    if (key === 'Escape') setOpen(false);
  };
  launcher.append(badge);
  shadow.append(launcher);
  show();
  attach();

  return {
    open: () => setOpen(true),
    close: () => setOpen(false),
    toggle,
    show() {
      launcher.hidden = options.hideLauncher;
    },
    hide() {
      launcher.hidden = true;
      setOpen(false);
    },
    ...asks,
    setTheme(theme) {
      options.theme = theme as ChatTheme;
      app?.setTheme(theme as ChatTheme);
    },
    destroy() {
      setOpen(false);
      observer.disconnect();
      app?.destroy();
      host.remove();
    },
  };
}
