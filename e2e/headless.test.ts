import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor, type VisitorBrowser } from './support/browser.js';
import { type Stack, startStack } from './support/stack.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const example = path.join(root, 'examples/headless');

let browser: Browser;
let built: string;
let stack: Stack;
let visitor: VisitorBrowser;
beforeAll(async () => {
  browser = await launchBrowser();
  built = await mkdtemp(path.join(tmpdir(), 'headless-'));
  const vite = path.join(root, 'node_modules/.bin/vite');
  await promisify(execFile)(vite, [
    'build',
    example,
    '--outDir',
    built,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ]);
});
afterAll(async () => {
  await browser?.close();
  await rm(built, { recursive: true, force: true });
});
beforeEach(async () => {
  stack = await startStack({ siteDir: built });
  visitor = await newVisitor(browser);
});
afterEach(async () => {
  await visitor.close();
  await stack.close();
});

const write = async (page: Page, text: string): Promise<void> => {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
};
const said = (page: Page, text: string) =>
  page.getByRole('log').locator('p').getByText(text, { exact: true });
const status = (page: Page) => page.locator('#status');
const conversationOf = async (page: Page): Promise<string> => {
  const stored = await page.evaluate(() => localStorage.getItem('conversations-web-chat:default'));
  return (JSON.parse(stored ?? '{}') as { conversation_sid: string }).conversation_sid;
};

it('is a whole chat in under a hundred lines', async () => {
  const files = await Promise.all(
    ['index.html', 'main.ts'].map((name) => readFile(path.join(example, name), 'utf8')),
  );
  expect(files.join('').split('\n').length).toBeLessThan(100);
});

it('chats with the bot, and finds everything again after a reload', async () => {
  const page = await visitor.newPage(stack.url);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  await write(page, 'Where is my order 1042?');
  await page
    .getByRole('log')
    .getByText(/on its way/i)
    .waitFor();
  await page.getByLabel('Message', { exact: true }).fill('half a thought');
  await page.screenshot({ path: path.join(root, 'e2e/artifacts/headless.png') });

  await page.reload();
  await said(page, 'Where is my order 1042?').waitFor();
  expect(await said(page, 'Where is my order 1042?').count()).toBe(1);
  await expect.poll(() => page.getByLabel('Message', { exact: true }).inputValue()).toBe('half a thought');
  expect(leavingLoopback(visitor.requests)).toEqual([]);
  expect(visitor.complaints).toEqual([]);
});

it('shows what is typed, sent and chosen, with files', async () => {
  const page = await visitor.newPage(stack.url);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  const messages = stack.rest.conversations(await conversationOf(page)).messages;

  await page.locator('input[type=file]').setInputFiles({
    name: 'receipt.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('one coffee'),
  });
  await write(page, 'My receipt');
  await page.getByRole('button', { name: 'receipt.txt' }).waitFor();
  const [popup] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('button', { name: 'receipt.txt' }).click(),
  ]);
  await popup.close();

  await messages.create({ author: 'bot', contentSid: 'HX00000000000000000000000000000003' });
  await page.getByRole('button', { name: 'Not quite' }).click();
  await said(page, 'Not quite').waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Yes' }).isDisabled()).toBe(true);

  // Markup of somebody else's is text and nothing more.
  const markup = '<img src=x onerror="document.title=1">';
  await messages.create({ author: 'bot', body: markup });
  await said(page, markup).waitFor();
  expect(await page.locator('li img').count()).toBe(0);
});

it('pages back through a long history and forward again', async () => {
  const page = await visitor.newPage(stack.url);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  const { messages } = stack.rest.conversations(await conversationOf(page));
  for (let number = 0; number < 45; number += 1)
    await messages.create({ author: 'bot', body: `news ${number}` });
  await said(page, 'news 44').waitFor();

  await page.reload();
  await said(page, 'news 44').waitFor();
  const older = page.getByRole('button', { name: 'Older messages' });
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  while (await older.isVisible()) {
    const before = await page.locator('li').count();
    await older.click();
    await expect
      .poll(async () => (await page.locator('li').count()) > before || (await older.isHidden()))
      .toBe(true);
  }
  await said(page, 'news 0').waitFor();
  expect((await page.locator('li').allTextContents()).filter((text) => /news \d/.test(text))).toHaveLength(
    45,
  );
});

it('keeps what is written while the service is away', async () => {
  const page = await visitor.newPage(stack.url);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  stack.emulator.faults.refuse(true);
  stack.emulator.faults.drop();
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toContain('reconnecting');
  await write(page, 'Is anybody there?');
  await page.getByRole('log').getByText('sending').waitFor();
  stack.emulator.faults.refuse(false);
  await page.getByRole('button', { name: 'Try again now' }).click();
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  await expect.poll(() => page.getByRole('log').getByText('sending').count()).toBe(0);
  expect(await said(page, 'Is anybody there?').count()).toBe(1);
});

it('ends, begins anew, and forgets', async () => {
  const page = await visitor.newPage(stack.url);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  await write(page, 'Goodbye then');
  await page.getByText('sending').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'End chat' }).click();
  await expect.poll(() => status(page).textContent()).toContain('ended_by_visitor');
  await said(page, 'Goodbye then').waitFor();

  const first = await conversationOf(page);
  await page.getByRole('button', { name: 'Start a new chat' }).click();
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  expect(await said(page, 'Goodbye then').count()).toBe(0);
  expect(await conversationOf(page)).not.toBe(first);

  const identity = () =>
    page.evaluate(() => JSON.parse(localStorage.getItem('conversations-web-chat:default') ?? '{}').uuid);
  const before = await identity();
  await page.getByRole('button', { name: 'Forget me' }).click();
  await expect.poll(identity, { timeout: 20_000 }).not.toBe(before);
  await expect.poll(() => status(page).textContent(), { timeout: 20_000 }).toBe('online');
  expect(await identity()).toMatch(/^[0-9a-f-]{36}$/);
});
