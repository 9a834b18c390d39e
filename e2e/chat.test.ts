import { describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits();

describe('a visitor of the shop', () => {
  it('costs the page one request and stores nothing before the chat is opened', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    await new Chat(page).launcher.waitFor();

    const ours = visits.visitor.requests.filter(
      (url) => !/\/(shop\.css|favicon\.svg)?$/.test(new URL(url).pathname),
    );
    expect(ours).toEqual([`${visits.stack.url}/chat-widget.js`]);
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([
      0,
      0,
      '',
    ]);
  });

  it('is greeted, is answered by the bot, and finds everything again after a reload', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat
      .message(/welcome|hello|hi/i)
      .first()
      .waitFor();

    await chat.send('Where is my order NW-1042?');
    await chat.message('Where is my order NW-1042?').waitFor();
    await chat
      .message(/on its way/i)
      .first()
      .waitFor();

    const before = await chat.stored();
    expect(before?.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(before?.conversation_sid).toMatch(/^CH[0-9a-f]{32}$/);

    await page.reload();
    await chat.openAndConnect();
    await chat.message('Where is my order NW-1042?').waitFor();
    await chat
      .message(/on its way/i)
      .first()
      .waitFor();
    expect(await chat.message('Where is my order NW-1042?').count()).toBe(1);
    expect(await chat.stored()).toMatchObject({
      uuid: before?.uuid,
      conversation_sid: before?.conversation_sid,
    });

    const all = await visits.stack.rest.conversations.list();
    expect(all.map(({ sid }) => sid)).toEqual([before?.conversation_sid]);
  });

  it('never keeps a token where it could be read', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('hello');
    await chat
      .message(/^.*hello/)
      .first()
      .waitFor();
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect(kept).not.toContain('eyJ');
    expect(visits.visitor.requests.join(' ')).not.toMatch(/eyJ|s1\./);
  });

  it('sees the same conversation in a second tab, live', async () => {
    const first = new Chat(await visits.visitor.newPage(visits.stack.url));
    await first.openAndConnect();
    await first.send('from the first tab');
    await first.message('from the first tab').waitFor();

    const second = new Chat(await visits.visitor.newPage(visits.stack.url));
    await second.openAndConnect();
    await second.message('from the first tab').waitFor();
    await second.send('from the second tab');
    await first.message('from the second tab').waitFor();

    expect((await second.stored())?.conversation_sid).toBe((await first.stored())?.conversation_sid);
  });

  it('sees nothing of another visitor, even with the other’s SID planted in storage', async () => {
    const owner = new Chat(await visits.visitor.newPage(visits.stack.url));
    await owner.openAndConnect();
    await owner.send('my secret is blue');
    await owner.message('my secret is blue').waitFor();
    const sid = (await owner.stored())?.conversation_sid;

    const other = await visits.arrive();
    const page = await other.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    const own = await chat.stored();
    expect(own?.conversation_sid).not.toBe(sid);
    expect(await chat.message('my secret is blue').count()).toBe(0);

    await page.evaluate(
      ([key, value]) => localStorage.setItem(String(key), String(value)),
      ['conversations-web-chat:default', JSON.stringify({ ...own, conversation_sid: sid })],
    );
    await page.reload();
    await chat.openAndConnect();
    await chat.notice(/earlier chat is no longer available/i).waitFor();
    expect(await chat.message('my secret is blue').count()).toBe(0);
    expect((await chat.stored())?.conversation_sid).not.toBe(sid);
  });

  it('uses the keyboard alone: opens, writes, closes with Escape, and focus returns', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.launcher.focus();
    await page.keyboard.press('Enter');
    await chat.composer.waitFor();
    await expect
      .poll(() => chat.composer.evaluate((box) => box.ownerDocument.activeElement === box))
      .toBe(true);
    await page.keyboard.type('hello there');
    await page.keyboard.press('Enter');
    await chat.message('hello there').waitFor();

    await page.keyboard.press('Escape');
    await chat.composer.waitFor({ state: 'hidden' });
    expect(await chat.launcher.getAttribute('aria-expanded')).toBe('false');
    expect(
      await chat.launcher.evaluate((button) => (button.getRootNode() as ShadowRoot).activeElement === button),
    ).toBe(true);

    await page.keyboard.press('Enter');
    await chat.message('hello there').waitFor();
  });
});
