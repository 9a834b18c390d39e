import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser, leavingLoopback, newVisitor, type VisitorBrowser } from './support/browser.js';
import { Chat } from './support/chat.js';
import { type Stack, startStack } from './support/stack.js';

let browser: Browser;
let stack: Stack;
let visitor: VisitorBrowser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  stack = await startStack();
  visitor = await newVisitor(browser);
});
afterEach(async () => {
  expect(leavingLoopback(visitor.requests)).toEqual([]);
  await visitor.close();
  await stack.close();
});

it('shows more than 100 messages, all of them, once and in order, while new ones arrive', async () => {
  const page = await visitor.newPage(stack.url);
  const chat = new Chat(page);
  await chat.openAndConnect();
  const sid = (await chat.stored())?.conversation_sid ?? '';
  const messages = stack.rest.conversations(sid).messages;
  for (let i = 1; i <= 130; i++) await messages.create({ author: 'anna', body: `entry ${i}.` });

  await page.reload();
  await chat.openAndConnect();
  await chat.message('entry 130.').waitFor();

  // New ones arrive while the visitor reads back, a page at a time, up to the first.
  let arrived = 130;
  const scroller = chat.log;
  while ((await chat.message('entry 1.').count()) === 0) {
    const shown = await chat.message(/entry \d+\./).count();
    await messages.create({ author: 'anna', body: `entry ${++arrived}.` });
    await scroller.evaluate((element) => {
      let box: Element | null = element;
      while (box && box.scrollHeight <= box.clientHeight) box = box.parentElement;
      box?.scrollTo(0, 0);
      box?.dispatchEvent(new Event('scroll'));
    });
    await expect
      .poll(() => chat.message(/entry \d+\./).count(), { timeout: 10_000 })
      .toBeGreaterThan(shown + 1);
  }
  await chat.message(`entry ${arrived}.`).waitFor();

  const texts = await chat.message(/entry \d+\./).allTextContents();
  expect(texts.map((text) => Number(/entry (\d+)\./.exec(text)?.[1]))).toEqual(
    Array.from({ length: arrived }, (_, i) => i + 1),
  );
});

it('shows a message that is sent right after joining again, for which the SDK gives no event', async () => {
  const page = await visitor.newPage(stack.url);
  const chat = new Chat(page);
  await chat.openAndConnect();
  const sid = (await chat.stored())?.conversation_sid ?? '';
  const identity = (await chat.stored())?.uuid ?? '';
  const participants = stack.rest.conversations(sid).participants;

  await page.reload();
  // The message is there between the moment the visitor is known to the service and the list being opened.
  const early = stack.rest.conversations(sid).messages.create({ author: 'anna', body: 'in the gap' });
  await chat.open();
  await chat.send('and mine');
  await early;
  await chat.message('in the gap').waitFor();
  await chat.message('and mine').waitFor();
  expect(await chat.message('in the gap').count()).toBe(1);
  expect(await chat.message('and mine').count()).toBe(1);
  expect((await participants.list()).map((one) => one.identity)).toContain(identity);
});
