import type { Connect, UserToken } from '@conversations-web-chat/session';
import { tidyStorage } from '@conversations-web-chat/session/browser';
import { createRoot } from 'react-dom/client';
import { type FrameApp, type FrameHost, type FrameWindow, isTheme } from '../config.js';
import { App } from './App.jsx';
import { colourFrame, followViewport } from './fit-frame.js';
import { openSession } from './open-session.js';
import { refuseFiles } from './refuse-files.js';
import { reportToPage } from './report-to-page.js';
import { addBaseSheet } from './theme/base-sheet.js';
import { createViewStore } from './view-store.js';

const frame = window as FrameWindow;

/** The SDK's script, asked for once, and again after a failure. */
function loadConnect(host: FrameHost): Promise<Connect> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      const connect = frame.conversationsWebChatConnect as Connect | undefined;
      if (connect) resolve(connect);
      else reject(new Error('The chat SDK could not be loaded.'));
    };
    if (frame.conversationsWebChatConnect) settle();
    else host.loadSdk(settle);
  });
}

/** A text, or the page's own function that gives one; anything else is told to the page's developer. */
function readUserToken(given: unknown): UserToken | null {
  if (typeof given === 'function') return async () => (await given()) as string;
  if (typeof given === 'string') return given;
  // biome-ignore lint/suspicious/noConsole: the page's developer has no other place to look
  console.warn('ConversationsWebChat: identify() takes a token, or a function that gives one.');
  return null;
}

function mount(host: FrameHost): FrameApp {
  // A copy: what is the page's may change under us.
  const options = { ...host.options };
  const view = createViewStore(options.theme);
  const session = openSession(options, host.memory, () => loadConnect(host));
  const stopReporting = reportToPage(session, view, (event, detail) => host.emit(event, detail));

  const own = frame.frameElement as HTMLElement;
  colourFrame(own, options.theme);
  const stopFollowing = followViewport(own, frame.parent.visualViewport);
  // Moved in the page, the frame loads anew; what this realm left in the page's would call into nothing.
  frame.addEventListener('pagehide', (event) => {
    if (!event.persisted) stopFollowing();
  });

  document.title = options.title;
  document.documentElement.lang = 'en';
  addBaseSheet();
  refuseFiles(document);
  const early = document.querySelector('textarea')?.value;
  if (early) session.draft.write(early);
  const element = document.createElement('div');
  element.id = 'chat';
  document.body.replaceChildren(element);
  const root = createRoot(element);
  const onClose = (): void => host.close();
  let visitors = 0;
  const render = (): void => {
    // For each visitor anew, so that nothing of the one before is left in a field.
    root.render(<App key={visitors} session={session} view={view} options={options} onClose={onClose} />);
  };
  render();

  // The first picture first: signing in and evaluating the SDK can wait for it.
  let started = false;
  let forgotten: Promise<unknown> = Promise.resolve();
  const start = (): void => {
    if (started) return;
    started = true;
    requestAnimationFrame(() => setTimeout(() => void forgotten.then(session.start)));
  };
  const forget = (): void => {
    host.close();
    started = false;
    forgotten = session.forgetMe();
    visitors += 1;
    view.set({ prefill: { count: 0, text: '' } });
    render();
  };

  return {
    shown(open, focus) {
      view.set({ open, focus: view.get().focus + (open && focus ? 1 : 0) });
      if (open) start();
    },
    sendMessage(text) {
      void forgotten.then(() => {
        session.start();
        session.send(text);
      });
    },
    identify(userToken) {
      const word = readUserToken(userToken);
      if (word !== null) void forgotten.then(() => session.identify(word));
    },
    logout: forget,
    endChat: () => void session.endChat(),
    forgetMe: forget,
    prefill: (text) => view.set({ prefill: { count: view.get().prefill.count + 1, text } }),
    setTheme(theme) {
      if (!isTheme(theme)) return;
      colourFrame(own, theme);
      view.set({ theme });
    },
    destroy() {
      stopFollowing();
      // It says so at once, and so the page hears it.
      void session.stop();
      stopReporting();
      root.unmount();
      tidyStorage(() => [localStorage, sessionStorage]);
    },
  };
}

frame.conversationsWebChatApp = mount;
