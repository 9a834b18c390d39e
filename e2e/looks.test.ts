import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

// Each look is checked by axe and by measure, and left as a picture in e2e/artifacts for a person to see.
const artifacts = path.join(path.dirname(fileURLToPath(import.meta.url)), 'artifacts');

const visits = setUpVisits();

beforeAll(() => {
  mkdirSync(artifacts, { recursive: true });
});

async function arrive(options: Parameters<typeof visits.arrive>[0]): Promise<Page> {
  return await (await visits.arrive(options)).newPage(visits.stack.url);
}

async function talk(chat: Chat): Promise<void> {
  await chat.openAndConnect();
  await chat.send('Hi! Where is my order NW-1042?');
  await chat
    .message(/on its way/i)
    .first()
    .waitFor();
  await chat.send('And when are you open on Saturday?');
  await chat.message(/9:00/).first().waitFor();
}

const picture = (page: Page, name: string) => page.screenshot({ path: path.join(artifacts, `${name}.png`) });

/** Axe inside the frame, and on the page around it, at WCAG 2.2 AA. */
async function violations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const frame of page.frames()) {
    await frame.evaluate(axe.source);
    const rules = await frame.evaluate(async () => {
      const run = (window as unknown as { axe: typeof axe }).axe;
      const { violations } = await run.run(document, {
        iframes: false,
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      });
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
      );
    });
    found.push(...rules);
  }
  return found;
}

/** Inside the frame, nothing is wider than what is seen of it. */
async function overflow(page: Page): Promise<number> {
  const frame = page.frames().find((one) => one !== page.mainFrame());
  return (
    (await frame?.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )) ?? -1
  );
}

describe('the chat, as it looks', () => {
  it.each([
    ['light', { viewport: { width: 1180, height: 760 }, colorScheme: 'light' }],
    ['dark', { viewport: { width: 1180, height: 760 }, colorScheme: 'dark' }],
    [
      'phone',
      { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
    ],
    ['zoomed to 400 %', { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }],
    ['with forced colours', { viewport: { width: 1180, height: 760 }, forcedColors: 'active' }],
    ['with reduced motion', { viewport: { width: 1180, height: 760 }, reducedMotion: 'reduce' }],
  ] as const)('%s: passes axe and fits', async (name, options) => {
    const page = await arrive(options);
    const chat = new Chat(page);
    await page.evaluate(() => {
      (
        window as unknown as { ConversationsWebChat: { setTheme(theme: string): void } }
      ).ConversationsWebChat.setTheme('auto');
    });
    await talk(chat);
    await picture(page, name.replace(/\W+/g, '-'));
    expect(await violations(page)).toEqual([]);
    expect(await overflow(page)).toBe(0);
    // The composer can be reached and read, whatever the size.
    const box = await chat.composer.boundingBox();
    const size = page.viewportSize();
    expect((box?.y ?? 0) + (box?.height ?? 1e9)).toBeLessThanOrEqual(size?.height ?? 0);
  });

  it('fills a phone’s screen, and gives the page its scroll back', async () => {
    const page = await arrive({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
    await page.evaluate(() => window.scrollTo(0, 300));
    const chat = new Chat(page);
    await chat.openAndConnect();
    expect(await page.locator('iframe').boundingBox()).toEqual({ x: 0, y: 0, width: 360, height: 640 });
    await chat.frame.getByRole('button', { name: 'Close chat' }).click();
    expect(await page.evaluate(() => window.scrollY)).toBe(300);
  });

  it('holds right-to-left pages, long words and naughty text', async () => {
    const page = await arrive({ viewport: { width: 1180, height: 760 } });
    await page.evaluate(() => {
      document.documentElement.dir = 'rtl';
    });
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('מה שעות הפתיחה?');
    await chat.send(`x${'ab'.repeat(400)}`);
    await chat.send('<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>');
    await chat.message('<img src=x').waitFor();
    await picture(page, 'right-to-left-and-long-words');
    expect(await overflow(page)).toBe(0);
    for (const frame of page.frames()) expect(await frame.evaluate(() => 'hacked' in window)).toBe(false);
    expect(await violations(page)).toEqual([]);
  });

  it('keeps its notices readable', async () => {
    const page = await arrive({ viewport: { width: 1180, height: 760 } });
    const chat = new Chat(page);
    await talk(chat);
    visits.stack.emulator.faults.refuse(true);
    visits.stack.emulator.faults.drop();
    await chat.notice(/connection was lost/i).waitFor();
    await chat.send('Are you still there?');
    await chat.message('Are you still there?').waitFor();
    await picture(page, 'reconnecting');
    expect(await violations(page)).toEqual([]);
  });
});
