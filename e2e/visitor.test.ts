import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ChatSession } from '@conversations-web-chat/session';
import type { Page } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { startStack } from './support/stack.js';
import { setUpVisits } from './support/visits.js';

declare global {
  interface Window {
    makeSession(url?: string): ChatSession;
    made: ChatSession;
  }
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const built = await mkdtemp(path.join(tmpdir(), 'visitor-'));
const vite = path.join(root, 'node_modules/.bin/vite');
const pages = path.join(root, 'e2e/pages');
const to = ['--outDir', built, '--emptyOutDir', '--logLevel', 'warn'];
const config = path.join(pages, 'files/vite.config.ts');
await promisify(execFile)(vite, ['build', path.join(pages, 'visitor'), '--config', config, ...to]);
afterAll(() => rm(built, { recursive: true, force: true }));

const visits = setUpVisits({ siteDir: built });

const begin = (page: Page, url?: string) =>
  page.evaluate((service) => {
    window.made = window.makeSession(service);
    window.made.start();
  }, url);
const snapshot = (page: Page) => page.evaluate(() => window.made.getSnapshot());
const isOnline = (page: Page) => page.waitForFunction(() => window.made.getSnapshot().status === 'online');

/** Everything that the browser keeps of this origin, the contents of files included, as one text. */
function kept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found: unknown[] = [{ ...localStorage }, { ...sessionStorage }, document.cookie];
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of database.objectStoreNames) {
        const reading = (): IDBObjectStore => database.transaction(store).objectStore(store);
        const all = <T>(request: IDBRequest<T[]>) =>
          new Promise<T[]>((resolve) => {
            request.onsuccess = () => resolve(request.result);
          });
        const keys = await all(reading().getAllKeys());
        const values: unknown[] = await all(reading().getAll());
        const texts = values.map((value) => (value instanceof Blob ? value.text() : value));
        found.push(keys, await Promise.all(texts));
      }
      database.close();
    }
    return JSON.stringify(found);
  });
}

it('who is forgotten while a file waits leaves nothing of it in any storage', async () => {
  const page = await visits.visitor.newPage(visits.stack.url);
  await begin(page);
  await isOnline(page);
  const { identity, conversationSid } = await snapshot(page);
  await visits.visitor.context.setOffline(true);
  await page.evaluate(() => {
    window.made.send('words with it', [new File(['what is inside'], 'its name.txt', { type: 'text/plain' })]);
    window.made.draft.write('half a thought');
  });
  const traces = [
    identity ?? '',
    conversationSid ?? '',
    'words with it',
    'what is inside',
    'its name',
    'half a th',
  ];
  await expect.poll(() => kept(page)).toContain('what is inside');
  for (const trace of traces) expect(await kept(page)).toContain(trace);
  await page.evaluate(() => window.made.forgetMe());
  const left = await kept(page);
  for (const trace of [...traces, 'conversations-web-chat']) expect(left).not.toContain(trace);
});

it('who is forgotten without ever having sent a file leaves no database', async () => {
  const page = await visits.visitor.newPage(visits.stack.url);
  await begin(page);
  await isOnline(page);
  await page.evaluate(() => window.made.forgetMe());
  expect(await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual([]);
});

it('T3: where the browser may not read the token service’s answer, the page’s developer is told what to look at', async () => {
  const other = await startStack();
  try {
    const page = await visits.visitor.newPage(visits.stack.url);
    const url = `${other.url}/chat-widget`;
    await begin(page, url);
    await page.waitForFunction(() => window.made.getSnapshot().status === 'failed');
    expect(await snapshot(page)).toMatchObject({ reason: 'token_service_unreachable' });
    const said = visits.visitor.complaints.filter((text) => text.startsWith('ConversationsWebChat:'));
    expect(said).toEqual([expect.stringContaining(url)]);
    expect(said[0]).toContain('ALLOWED_ORIGINS');
    await page.evaluate(() => window.made.stop());
  } finally {
    await other.close();
  }
});

it('B16: where the page’s policy forbids the socket, that is the reason, and its developer is told what to allow', async () => {
  const page = await visits.visitor.context.newPage();
  await page.route(`${visits.stack.url}/`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'content-security-policy': "connect-src 'self'" };
    await route.fulfill({ response, headers });
  });
  await page.goto(visits.stack.url);
  await begin(page);
  await page.waitForFunction(() => window.made.getSnapshot().reason === 'blocked_by_policy');
  expect((await snapshot(page)).status).toBe('failed');
  const said = visits.visitor.complaints.filter((text) => text.startsWith('ConversationsWebChat:'));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(`blocks ${new URL(visits.stack.emulator.wsUrl).origin}`);
  expect(said[0]).toContain('connect-src');
  await page.evaluate(() => window.made.stop());
});

it('50 chats that are made and ended leave no listener and no memory behind in the page', async () => {
  const page = await visits.visitor.newPage(visits.stack.url);
  // The same token each time: the service gives nobody so many of them in a minute.
  let granted: { headers: Record<string, string>; body: string } | null = null;
  await page.route('**/chat-widget?identity=*', async (route) => {
    const response = granted ? null : await route.fetch();
    if (response) granted = { headers: response.headers(), body: await response.text() };
    await route.fulfill(granted ?? {});
  });
  const devtools = await visits.visitor.context.newCDPSession(page);
  const live = (times: number) =>
    page.evaluate(async (count) => {
      for (let time = 0; time < count; time += 1) {
        const session = window.makeSession();
        session.start();
        await new Promise<void>((resolve) => {
          const stop = session.subscribe(() => {
            if (session.getSnapshot().status !== 'online') return;
            stop();
            resolve();
          });
        });
        await session.stop();
      }
    }, times);
  const listeners = async (): Promise<string[]> => {
    const types: string[] = [];
    for (const expression of ['window', 'document']) {
      const { result } = await devtools.send('Runtime.evaluate', { expression });
      const found = await devtools.send('DOMDebugger.getEventListeners', { objectId: result.objectId ?? '' });
      types.push(...found.listeners.map(({ type }) => type));
    }
    return types.sort();
  };
  const heap = async (): Promise<number> => {
    await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize / 1_048_576;
  };
  await live(5);
  const before = { listeners: await listeners(), heap: await heap() };
  await live(50);
  expect(await listeners()).toEqual(before.listeners);
  expect((await heap()) - before.heap).toBeLessThan(10);
});
