import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor } from './support/browser.js';
import { Chat } from './support/chat.js';
import { hostilePage } from './support/hostile-page.js';
import { servePages } from './support/page-server.js';
import { startStack } from './support/stack.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** As text, because objects do not come out whole of a page whose built-ins are patched. */
const remembered = (page: Page): Promise<string | null> =>
  page.evaluate(() => localStorage.getItem('conversations-web-chat:default'));

it('works on a page with resets, a 10 px root, patched built-ins, AMD, strict CSP and Trusted Types, and changes nothing of it', async () => {
  let chatUrl = '';
  let realtimeUrl = '';
  const site = await servePages(() => ({
    get '/'() {
      return hostilePage({ chat: chatUrl, realtime: realtimeUrl });
    },
  }));
  const stack = await startStack({ allowedOrigins: [site.origin] });
  chatUrl = stack.url;
  realtimeUrl = stack.emulator.wsUrl;
  const visitor = await newVisitor(browser);
  const other = await newVisitor(browser);
  try {
    const page = await visitor.newPage(`${site.origin}/`);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('What are your opening hours?');
    await chat.message('What are your opening hours?').waitFor();
    await chat
      .message(/saturday/i)
      .first()
      .waitFor();

    // Whole, in its own units, whatever the page's root font is.
    const box = await page.locator('iframe').boundingBox();
    expect([Math.round(box?.width ?? 0) > 300, Math.round(box?.height ?? 0) > 400]).toEqual([true, true]);
    const fontSize = await chat.composer.evaluate((element) => getComputedStyle(element).fontSize);
    expect(Number.parseFloat(fontSize)).toBeGreaterThanOrEqual(14);

    const before = await remembered(page);
    expect(before).toMatch(/"conversation_sid":"CH[0-9a-f]{32}"/);

    await page.reload();
    await chat.openAndConnect();
    await chat.message('What are your opening hours?').waitFor();
    await chat
      .message(/saturday/i)
      .first()
      .waitFor();
    expect(await remembered(page)).toBe(before);

    const secondTab = new Chat(await visitor.newPage(`${site.origin}/`));
    await secondTab.openAndConnect();
    await secondTab.message('What are your opening hours?').waitFor();

    const stranger = new Chat(await other.newPage(`${site.origin}/`));
    await stranger.openAndConnect();
    await stranger
      .message(/welcome/i)
      .first()
      .waitFor();
    expect(await stranger.message('What are your opening hours?').count()).toBe(0);
    expect(await remembered(stranger.page)).not.toBe(before);

    await page.getByText('Audit').click();
    expect(await page.locator('#report').textContent()).toBe('nothing changed');
    expect(await page.locator('html').getAttribute('data-violations')).toBeNull();
    expect(visitor.complaints).toEqual([]);
    expect(other.complaints).toEqual([]);
    expect(leavingLoopback([...visitor.requests, ...other.requests])).toEqual([]);
  } finally {
    await visitor.close();
    await other.close();
    await stack.close();
    await site.close();
  }
});
