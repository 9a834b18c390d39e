import { describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits();

it('shows more than 100 messages, all of them, once and in order, while new ones arrive', async () => {
  const page = await visits.visitor.newPage(visits.stack.url);
  const chat = new Chat(page);
  await chat.openAndConnect();
  const sid = (await chat.stored())?.conversation_sid ?? '';
  const messages = visits.stack.rest.conversations(sid).messages;
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

describe('a message sent right after joining, for which the SDK gives no event', () => {
  // The state is the proof: it is *sent* only once the message was seen to be stored.
  const sent = (chat: Chat, text: string) => chat.log.locator('[data-state=sent]').filter({ hasText: text });

  it('appears for a new visitor who writes before there is a connection', async () => {
    const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
    await chat.open();
    await chat.send('first words');
    await sent(chat, 'first words').waitFor();
    expect(await chat.message('first words').count()).toBe(1);
  });

  it('appears for a returning visitor, with what others wrote in the gap', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    const sid = (await chat.stored())?.conversation_sid ?? '';

    await page.reload();
    const early = visits.stack.rest
      .conversations(sid)
      .messages.create({ author: 'anna', body: 'in the gap' });
    await chat.open();
    await chat.send('and mine');
    await early;
    await chat.message('in the gap').waitFor();
    await sent(chat, 'and mine').waitFor();
    expect(await chat.message('in the gap').count()).toBe(1);
    expect(await chat.message('and mine').count()).toBe(1);
  });

  it('appears when the page has thrown the chat out and it has come back by itself', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('before');
    await sent(chat, 'before').waitFor();
    const sid = (await chat.stored())?.conversation_sid;

    await page.evaluate(() => {
      for (const child of [...document.documentElement.children]) if (child.shadowRoot) child.remove();
    });
    await chat.composer.waitFor();
    await chat.send('right after');
    await sent(chat, 'right after').waitFor();
    await chat.message('before').waitFor();
    expect(await chat.message('right after').count()).toBe(1);
    expect((await chat.stored())?.conversation_sid).toBe(sid);
  });
});
