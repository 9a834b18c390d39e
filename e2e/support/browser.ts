import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium, quietFlags } from '../../tools/chromium.mjs';

export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium: run npm test, whose set-up finds or installs one.');
  return await chromium.launch({ executablePath, args: quietFlags });
}

/** One visitor: own storage, own cookies, and a record of everything that was asked of the network. */
export interface VisitorBrowser {
  context: BrowserContext;
  /** Every URL requested, sockets included, in order. */
  requests: string[];
  /** Errors and warnings of the console and uncaught errors of the pages. */
  complaints: string[];
  newPage(url: string): Promise<Page>;
  close(): Promise<void>;
}

export async function newVisitor(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<VisitorBrowser> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  context.on('page', (page) => {
    page.on('websocket', (socket) => requests.push(socket.url()));
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
  });
  return {
    context,
    requests,
    complaints,
    newPage: async (url) => {
      const page = await context.newPage();
      await page.goto(url, { waitUntil: 'load' });
      return page;
    },
    close: () => context.close(),
  };
}

/** The requests that would have left this machine. Data, blob and about URLs are no requests. */
export function leavingLoopback(requests: readonly string[]): string[] {
  return requests.filter((url) => {
    const { protocol, hostname } = new URL(url);
    if (!['http:', 'https:', 'ws:', 'wss:'].includes(protocol)) return false;
    return !['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  });
}
