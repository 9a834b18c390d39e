import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ChatSession, ChatSnapshot } from '@conversations-web-chat/session';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor, type VisitorBrowser } from './support/browser.js';
import { type Stack, startStack } from './support/stack.js';

declare global {
  interface Window {
    session: ChatSession;
    progress: number[];
  }
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

let browser: Browser;
let built: string;
let stack: Stack;
let visitor: VisitorBrowser;
beforeAll(async () => {
  browser = await launchBrowser();
  built = await mkdtemp(path.join(tmpdir(), 'files-'));
  const page = path.join(root, 'e2e/pages/files');
  const vite = path.join(root, 'node_modules/.bin/vite');
  await promisify(execFile)(vite, ['build', page, '--outDir', built, '--emptyOutDir', '--logLevel', 'warn']);
});
afterAll(async () => {
  await browser?.close();
  await rm(built, { recursive: true, force: true });
});
beforeEach(async () => {
  stack = await startStack({ siteDir: built, emulator: { mediaUrlSeconds: 2 } });
  visitor = await newVisitor(browser);
});
afterEach(async () => {
  await visitor.close();
  await stack.close();
});

const snapshot = (page: Page): Promise<ChatSnapshot> => page.evaluate(() => window.session.getSnapshot());
const isOnline = (page: Page) =>
  expect.poll(async () => (await snapshot(page)).status, { timeout: 20_000 }).toBe('online');

async function open(): Promise<Page> {
  const page = await visitor.newPage(stack.url);
  await isOnline(page);
  return page;
}

/** So slow that a file takes seconds; returns how to end it. */
async function slowDown(page: Page, bytesPerSecond: number): Promise<() => Promise<void>> {
  const devtools = await visitor.context.newCDPSession(page);
  const limit = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond };
  await devtools.send('Network.emulateNetworkConditions', limit);
  return () => devtools.detach();
}

const send = (page: Page, text: string, size: number) =>
  page.evaluate(
    ([words, bytes]) => {
      window.progress.length = 0;
      window.session.send(words, [new File(['x'.repeat(bytes)], 'a.txt', { type: 'text/plain' })]);
    },
    [text, size] as const,
  );

const stored = async (page: Page) => {
  const { conversationSid, identity } = await snapshot(page);
  const messages = await stack.rest.conversations(conversationSid ?? '').messages.list();
  return messages.filter(({ author }) => author === identity);
};

/** What IndexedDB holds. */
const keptFiles = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const result = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const names = (await indexedDB.databases()).map(({ name }) => name);
    if (!names.includes('conversations-web-chat')) return 0;
    const database = await result(indexedDB.open('conversations-web-chat'));
    const count = await result(database.transaction('files').objectStore('files').count());
    database.close();
    return count;
  });

const untilProgress = (page: Page, share: number) =>
  page.waitForFunction((wanted) => (window.progress.at(-1) ?? 0) >= wanted, share, { timeout: 20_000 });
const untilSent = (page: Page) =>
  expect
    .poll(async () => (await snapshot(page)).messages.filter(({ own }) => own).map(({ state }) => state), {
      timeout: 30_000,
    })
    .toEqual(['sent']);

it('says how far an upload is, by the SDK as the widget bundles it', async () => {
  const page = await open();
  await slowDown(page, 300_000);
  await send(page, 'look', 600_000);
  await untilSent(page);
  const shares = await page.evaluate(() => window.progress);
  expect(shares.filter((share) => share > 0 && share < 1).length).toBeGreaterThan(2);
  expect(shares).toEqual(shares.toSorted((one, other) => one - other));
  expect(shares.at(-1)).toBe(1);
  const [message] = await stored(page);
  expect(message?.media).toMatchObject([{ filename: 'a.txt', size: 600_000, content_type: 'text/plain' }]);
  await expect.poll(() => keptFiles(page)).toBe(0);
  expect(leavingLoopback(visitor.requests)).toEqual([]);
  expect(visitor.complaints).toEqual([]);
});

it('X9: leaves no message of an upload that is discarded on its way', async () => {
  const page = await open();
  const speedUp = await slowDown(page, 100_000);
  await send(page, 'no', 600_000);
  await untilProgress(page, 0.2);
  expect(await keptFiles(page)).toBe(1);
  await page.evaluate(() => window.session.discard(window.session.getSnapshot().messages.at(-1)?.key ?? ''));
  await speedUp();
  await page.evaluate(() => window.session.send('yes'));
  await untilSent(page);
  expect((await stored(page)).map(({ body }) => body)).toEqual(['yes']);
  await expect.poll(() => keptFiles(page)).toBe(0);
});

it('finds a file again after a reload in the middle of its upload, and sends it once', async () => {
  const page = await open();
  const speedUp = await slowDown(page, 50_000);
  await send(page, 'look', 600_000);
  await untilProgress(page, 0.1);
  await page.reload();
  await speedUp();
  await untilSent(page);
  expect(await stored(page)).toMatchObject([{ body: 'look', media: [{ size: 600_000 }] }]);
  await expect.poll(() => keptFiles(page)).toBe(0);
});

it('X10: gives another address when one has expired', async () => {
  const page = await open();
  await send(page, 'look', 3);
  await untilSent(page);
  const address = () =>
    page.evaluate(() => {
      const message = window.session.getSnapshot().messages.find(({ own }) => own);
      return window.session.mediaUrl(message?.key ?? '', message?.media[0]?.sid ?? '');
    });
  const first = await address();
  expect(await (await fetch(first)).text()).toBe('xxx');
  await expect.poll(async () => (await fetch(first)).status, { timeout: 10_000 }).toBe(403);
  expect(await (await fetch(await address())).text()).toBe('xxx');
});

it('makes still images smaller, and leaves those alone that move', async () => {
  const page = await open();
  const shrunk = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(400, 200);
    const context = canvas.getContext('2d');
    for (let x = 0; x < 400; x += 4) {
      for (let y = 0; y < 200; y += 4) {
        if (context) context.fillStyle = `hsl(${(x * y) % 360} 80% 50%)`;
        context?.fillRect(x, y, 4, 4);
      }
    }
    const images = await Promise.all(
      ['image/png', 'image/jpeg', 'image/webp'].map((type) => canvas.convertToBlob({ type, quality: 0.9 })),
    );
    const [png = new Blob()] = images;
    // A PNG that says it moves, one that says it is a GIF, and one that is no image.
    const moving = new Blob([png, 'acTL'], { type: 'image/png' });
    const gif = new Blob([png], { type: 'image/gif' });
    const none = new Blob(['no image'], { type: 'image/png' });
    const all = [...images, moving, gif, none];
    window.session.send(
      '',
      all.map((image, at) => new File([image], `${at}`, { type: image.type })),
    );
    return all.map(({ size, type }) => ({ size, type }));
  });
  await untilSent(page);
  const [message] = await stored(page);
  const media = message?.media as { size: number; content_type: string }[];
  expect(media.map(({ content_type }) => content_type)).toEqual(shrunk.map(({ type }) => type));
  const smaller = media.map(({ size }, at) => size < (shrunk[at]?.size ?? 0));
  expect(smaller).toEqual([true, true, true, false, false, false]);
  const measured = await page.evaluate(async () => {
    const own = window.session.getSnapshot().messages.find((candidate) => candidate.own);
    const url = await window.session.mediaUrl(own?.key ?? '', own?.media[1]?.sid ?? '');
    const image = await createImageBitmap(await (await fetch(url)).blob());
    return [image.width, image.height];
  });
  expect(measured).toEqual([100, 50]);
});
