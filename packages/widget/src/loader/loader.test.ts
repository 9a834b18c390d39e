import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { build, type Rollup } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findChromium } from '../../../../tools/chromium.mjs';

// The real loader in a real browser, with an app in the frame that only notes what it is told.
const APP = `
  window.conversationsWebChatApp = (host) => {
    const told = (parent.told ??= []);
    parent.frameHost = host;
    told.push('mounted');
    document.body.innerHTML = '<button>inside</button>';
    return {
      shown: (open, focus) => {
        told.push('shown ' + open + ' ' + focus);
        if (open && focus) document.querySelector('button').focus();
      },
      sendMessage: (text) => told.push('send ' + text),
      prefill: (text) => told.push('prefill ' + text),
      setTheme: (theme) => told.push('theme ' + theme),
      destroy: () => told.push('destroyed'),
    };
  };`;

// A browser among the unit tests: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

type Listener = (detail: Record<string, unknown>) => void;
type HostPage = {
  told?: string[];
  heard: unknown[];
  frameHost: {
    emit(event: string, detail: Record<string, unknown>): void;
    loadSdk(done: () => void): void;
    close(): void;
  };
  ConversationsWebChat: ((name: string) => void) & {
    on(event: string, listener: Listener): () => void;
    once(event: string, listener: Listener): () => void;
    off(event: string, listener: Listener): void;
    start(options: Record<string, unknown>): void;
    sendMessage(text: unknown): void;
    setAttributes(attributes: unknown): void;
    getState(): Record<string, unknown>;
  } & Record<'open' | 'close' | 'show' | 'hide' | 'destroy', () => void>;
};
declare const window: Window & HostPage;

let loader = '';
let browser: Browser;
let context: BrowserContext;
let requests: string[];
let warnings: string[];
let errors: string[];
let appIsThere: boolean;

beforeAll(async () => {
  const built = (await build({
    configFile: false,
    envDir: false,
    logLevel: 'error',
    define: { __APP_FILE__: '"app.js"', __SDK_FILE__: '"sdk.js"' },
    build: {
      write: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('main.ts', import.meta.url)),
        output: { format: 'iife' },
      },
    },
  })) as Rollup.RollupOutput;
  loader = built.output[0].code;
  const executablePath = findChromium();
  if (!executablePath) throw new Error('These tests need Chromium; see tools/chromium.mjs.');
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
});
afterAll(() => browser?.close());

beforeEach(async () => {
  requests = [];
  warnings = [];
  errors = [];
  appIsThere = true;
  context = await browser.newContext();
});
afterEach(() => context.close());

async function open(attributes = '', before = '', after = '', policy = '', markup = ''): Promise<Page> {
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  const script = `<script src="/chat-widget.js" ${attributes}></script>`;
  await page.route('http://shop.localhost/**', async (route) => {
    const name = new URL(route.request().url()).pathname;
    requests.push(name);
    const javascript = { contentType: 'text/javascript', headers: { 'Cache-Control': 'max-age=60' } };
    if (name === '/chat-widget.js') return route.fulfill({ ...javascript, body: loader });
    if (name === '/app.js' && appIsThere) return route.fulfill({ ...javascript, body: APP });
    if (name === '/sdk.js') return route.fulfill({ ...javascript, body: 'window.sdkIsThere = true;' });
    if (name !== '/') return route.fulfill({ status: 404 });
    const listening = '<script>window.heard = []; </script>';
    const body = `<!doctype html><link rel="icon" href="data:,"><body><button>host</button>${markup}${listening}<script>${before}</script>${script}${after}`;
    return route.fulfill({
      contentType: 'text/html',
      body,
      headers: policy ? { 'Content-Security-Policy': policy } : {},
    });
  });
  await page.goto('http://shop.localhost/');
  return page;
}

const launcher = (page: Page) => page.getByRole('button', { name: 'chat' });
const told = (page: Page) => page.evaluate(() => window.told ?? []);
const untilTold = (page: Page, what: string) =>
  page.waitForFunction((expected) => (window as HostPage & Window).told?.includes(expected), what);

describe('before the chat is opened', () => {
  it('the loader asks for nothing but itself', async () => {
    const page = await open();
    await launcher(page).waitFor();
    await page.waitForLoadState('networkidle');
    expect(requests).toEqual(['/', '/chat-widget.js']);
  });

  it('a pointer that comes near has both scripts fetched, and none of them run', async () => {
    const page = await open();
    await launcher(page).hover();
    await expect.poll(() => requests.toSorted()).toEqual(['/', '/app.js', '/chat-widget.js', '/sdk.js']);
    expect(await told(page)).toEqual([]);
    await launcher(page).click();
    await untilTold(page, 'shown true true');
    expect(requests.filter((name) => name === '/app.js')).toHaveLength(1);
  });
});

describe('opening and closing', () => {
  it('moves the focus in and back, and says on the launcher how it stands', async () => {
    const page = await open();
    expect(await launcher(page).getAttribute('aria-expanded')).toBe('false');
    expect(await launcher(page).getAttribute('aria-haspopup')).toBe('dialog');
    await launcher(page).focus();
    await page.keyboard.press('Enter');
    const inside = page.frameLocator('iframe').getByRole('button', { name: 'inside' });
    await expect.poll(() => inside.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await launcher(page).getAttribute('aria-expanded')).toBe('true');

    await page.evaluate(() => window.frameHost.close());
    expect(await page.locator('iframe').isVisible()).toBe(false);
    expect(await launcher(page).evaluate((element) => element.matches(':focus'))).toBe(true);
    expect(await told(page)).toEqual(['mounted', 'shown true true', 'shown false true']);
  });

  it('keeps the frame, so that what is in it stays', async () => {
    const page = await open();
    await launcher(page).click();
    await untilTold(page, 'mounted');
    await launcher(page).click();
    await launcher(page).click();
    expect((await told(page)).filter((what) => what === 'mounted')).toHaveLength(1);
  });

  it('leaves the focus where it is when the page opens the chat by itself', async () => {
    const page = await open('data-open');
    await untilTold(page, 'shown true false');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY');
  });

  it('gives the focus back to the page’s own button where there is no launcher', async () => {
    const page = await open('data-hide-launcher');
    expect(await page.getByRole('button', { name: 'chat' }).count()).toBe(0);
    const own = page.getByRole('button', { name: 'host' });
    await own.evaluate((element) => {
      element.onclick = () => window.ConversationsWebChat.open();
    });
    await own.focus();
    await page.keyboard.press('Enter');
    await untilTold(page, 'shown true true');
    await page.evaluate(() => window.frameHost.close());
    expect(await own.evaluate((element) => element.matches(':focus'))).toBe(true);
  });
});

describe('the global', () => {
  it('replays calls made before it was there, in order', async () => {
    const stub =
      'window.ConversationsWebChat = function () { (ConversationsWebChat.q = ConversationsWebChat.q || []).push(arguments) };';
    const calls = `${stub}
      ConversationsWebChat('on', 'ready', () => heard.push('ready'));
      ConversationsWebChat('on', 'open', () => heard.push('open'));
      ConversationsWebChat('prefill', 'first');
      ConversationsWebChat('sendMessage', 'second');
      ConversationsWebChat('open');`;
    const page = await open('', calls);
    await untilTold(page, 'send second');
    expect(await told(page)).toEqual(['mounted', 'shown true false', 'prefill first', 'send second']);
    expect(await page.evaluate(() => window.heard)).toEqual(['open', 'ready']);
  });

  it('tells who listened before it was there that it has opened by itself', async () => {
    const calls = `window.ConversationsWebChat = function () { (ConversationsWebChat.q = ConversationsWebChat.q || []).push(arguments) };
      ConversationsWebChat('on', 'open', () => heard.push('open'));`;
    const page = await open('data-open', calls);
    await untilTold(page, 'mounted');
    expect(await page.evaluate(() => window.heard)).toEqual(['open']);
  });

  it('tells “ready” to one who asks late, and hands out a way to stop listening', async () => {
    const page = await open();
    await page.evaluate(() => window.ConversationsWebChat.on('ready', () => window.heard.push('late')));
    await page.waitForFunction(() => (window as HostPage & Window).heard.length === 1);
    const heard = await page.evaluate(() => {
      const { ConversationsWebChat: chat, heard } = window;
      const listener = () => heard.push('off');
      const stop = chat.on('unread', () => heard.push('stopped'));
      chat.once('open', () => heard.push('once'));
      chat.on('close', listener);
      chat.off('close', listener);
      stop();
      for (let i = 0; i < 2; i++) {
        chat.open();
        chat.close();
      }
      return heard;
    });
    expect(heard).toEqual(['late', 'once']);
  });

  it('mirrors events on window, with details of the page’s own realm, and keeps the state', async () => {
    const page = await open('data-open');
    await untilTold(page, 'mounted');
    const result = await page.evaluate(() => {
      addEventListener('conversations-web-chat:unread', (event) => {
        const { detail } = event as CustomEvent;
        window.heard.push(detail.unread, detail instanceof Object);
      });
      window.ConversationsWebChat.on('connection', () => {
        throw new Error('the page’s own mistake');
      });
      window.ConversationsWebChat.on('connection', (detail) => window.heard.push(detail.status));
      window.ConversationsWebChat.close();
      window.frameHost.emit('connection', { status: 'online', reason: null });
      window.frameHost.emit('unread', { unread: 3 });
      return { heard: window.heard, state: window.ConversationsWebChat.getState() };
    });
    expect(result.heard).toEqual(['online', 3, true]);
    expect(result.state).toEqual({ status: 'online', unread: 3, conversationSid: null, open: false });
    expect(await launcher(page).getAttribute('aria-label')).toBe('Open chat, 3 unread');
    expect(errors).toEqual(['the page’s own mistake']);
  });

  it('says one sentence about what it cannot do, and never throws', async () => {
    const page = await open('data-offset-x="wide" data-colour="red"');
    await page.evaluate(() => {
      window.ConversationsWebChat.setAttributes('x');
      window.ConversationsWebChat('nonsense');
      window.ConversationsWebChat.sendMessage(Symbol('not a text'));
    });
    await expect.poll(() => warnings.length).toBe(5);
    expect(warnings.join('\n')).toMatch(/offsetX.*colour.*setAttributes\(\).*nonsense\(\)/s);
    expect(errors).toEqual([]);
  });

  it('is not replaced by a second load, which adds nothing', async () => {
    const page = await open(
      '',
      '',
      '<script>window.first = ConversationsWebChat</script><script src="/chat-widget.js"></script>',
    );
    expect(
      await page.evaluate(
        () => (window as unknown as { first: unknown }).first === window.ConversationsWebChat,
      ),
    ).toBe(true);
    expect(await launcher(page).count()).toBe(1);
  });
});

describe('what a page may do to it', () => {
  it.each([
    ['takes it out', () => document.documentElement.lastElementChild?.remove()],
    [
      'moves it',
      () => document.documentElement.prepend(document.documentElement.lastElementChild as Element),
    ],
  ])('when the page %s, it comes back open and mounts its app again', async (_, disturb) => {
    const page = await open('data-open');
    await untilTold(page, 'mounted');
    await page.evaluate(disturb);
    await page.waitForFunction(
      () => (window as HostPage & Window).told?.filter((what) => what === 'mounted').length === 2,
    );
    expect((await told(page)).slice(2)).toEqual(['mounted', 'shown true false']);
  });

  it('lets go after fifty times rather than fight for ever', async () => {
    const page = await open();
    const count = await page.evaluate(async () => {
      const host = document.documentElement.lastElementChild as Element;
      let removed = 0;
      new MutationObserver(() => {
        if (!host.isConnected) return;
        removed++;
        host.remove();
      }).observe(document.documentElement, { childList: true });
      host.remove();
      // Observers are told in microtasks: before the next task, all of it has happened.
      await new Promise((resolve) => setTimeout(resolve));
      return removed;
    });
    expect(count).toBe(50);
  });

  it('is gone after destroy, and back after start with other options', async () => {
    const page = await open('data-open');
    await untilTold(page, 'mounted');
    await page.evaluate(() => window.ConversationsWebChat.destroy());
    expect(await page.locator('iframe').count()).toBe(0);
    expect(await launcher(page).count()).toBe(0);
    expect((await told(page)).slice(-2)).toEqual(['shown false false', 'destroyed']);
    expect(await page.evaluate(() => window.ConversationsWebChat.getState().open)).toBe(false);
    await page.evaluate(() => window.ConversationsWebChat.start({ open: false, position: 'left' }));
    expect((await launcher(page).boundingBox())?.x).toBe(20);
    expect(await page.locator('iframe').count()).toBe(0);
  });

  it('comes back after destroy where the page enforces Trusted Types and allows the policy once', async () => {
    const page = await open(
      'data-open',
      '',
      '',
      "require-trusted-types-for 'script'; trusted-types conversations-web-chat",
    );
    await untilTold(page, 'mounted');
    await page.evaluate(() => {
      window.told = [];
      window.ConversationsWebChat.destroy();
      window.ConversationsWebChat.start({ open: true });
    });
    await untilTold(page, 'mounted');
    expect(warnings).toEqual([]);
  });

  it('takes its scripts from nowhere else, though an element of the page goes by “currentScript”', async () => {
    const page = await open('', '', '', '', '<img name="currentScript" src="/elsewhere/">');
    await expect.poll(() => warnings).toEqual(['ConversationsWebChat Needs a <script src>.']);
    expect(await launcher(page).count()).toBe(0);
  });

  it('hides and shows its launcher', async () => {
    const page = await open();
    await page.evaluate(() => window.ConversationsWebChat.hide());
    expect(await launcher(page).count()).toBe(0);
    await page.evaluate(() => window.ConversationsWebChat.show());
    expect(await launcher(page).isVisible()).toBe(true);
  });
});

describe('when its scripts cannot be had', () => {
  it('says so, and tries again when it is opened again', async () => {
    appIsThere = false;
    const page = await open();
    await page.evaluate(() =>
      window.ConversationsWebChat.on('error', (detail) => window.heard.push(detail.code)),
    );
    await launcher(page).click();
    await page.frameLocator('iframe').getByText('Chat did not load.').waitFor();
    expect(await page.evaluate(() => window.heard)).toEqual(['load_failed']);
    const again = async () => {
      await launcher(page).click();
      await launcher(page).click();
    };
    await again();
    await page.waitForFunction(() => (window as HostPage & Window).heard.length === 2);
    expect(await page.frameLocator('iframe').getByText('Chat did not load.').count()).toBe(1);
    appIsThere = true;
    await again();
    await untilTold(page, 'mounted');
    expect(errors).toEqual([]);
  });

  it('runs the SDK in the frame only, when the app asks for it', async () => {
    const page = await open('data-open');
    await untilTold(page, 'mounted');
    await page.evaluate(() => new Promise<void>((resolve) => window.frameHost.loadSdk(resolve)));
    const inFrame = await page.locator('iframe').evaluate((frame: HTMLIFrameElement) => {
      return 'sdkIsThere' in (frame.contentWindow as Window);
    });
    expect(inFrame).toBe(true);
    expect(await page.evaluate(() => 'sdkIsThere' in window)).toBe(false);
  });
});
