import { describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits();

const focused = (chat: Chat): Promise<string> =>
  chat.dialog.evaluate(({ ownerDocument: { activeElement } }) => activeElement?.localName ?? '');

/** Notes from now on what is put into the live region. */
async function listen(chat: Chat): Promise<() => Promise<string[]>> {
  const region = chat.frame.locator('[role=status]');
  await region.evaluate((element) => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    new MutationObserver((records) => {
      for (const { addedNodes } of records) for (const node of addedNodes) heard.push(node.textContent ?? '');
    }).observe(element, { childList: true, subtree: true });
  });
  return () => region.evaluate(() => (window as unknown as { heard: string[] }).heard);
}

describe('the keyboard', () => {
  it('loses no letter that is typed before the composer is there', async () => {
    const page = await visits.visitor.context.newPage();
    let letThrough = (): void => {};
    const held = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await page.route('**/app.*.js', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(visits.stack.url);
    const chat = new Chat(page);
    await chat.launcher.focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      () =>
        document.documentElement.lastElementChild?.shadowRoot?.querySelector('iframe')?.contentDocument?.head,
    );
    await page.keyboard.type('Hello');
    letThrough();
    await chat.composer.waitFor();
    await page.keyboard.type(', are you there?');
    expect(await chat.composer.inputValue()).toBe('Hello, are you there?');
  });

  it('keeps its place when a button goes away that was pressed', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('x'.repeat(33 * 1024));
    const remove = chat.frame.getByRole('button', { name: 'Delete' });
    await remove.focus();
    await page.keyboard.press('Enter');
    await remove.waitFor({ state: 'detached' });
    expect(await focused(chat)).toBe('textarea');
    await page.keyboard.press('Escape');
    await chat.composer.waitFor({ state: 'hidden' });
  });
});

describe('announcements', () => {
  it('say each message of others and each failure once', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat
      .message(/welcome/i)
      .first()
      .waitFor();
    const heard = await listen(chat);
    await chat.send('x'.repeat(33 * 1024));
    await chat.send('y'.repeat(33 * 1024));
    await expect.poll(heard).toHaveLength(2);
    await chat.frame.getByRole('button', { name: 'Delete' }).first().click();
    await chat.send('Where is my order NW-1042?');
    await chat
      .message(/on its way/i)
      .first()
      .waitFor();
    await expect.poll(async () => (await heard()).length).toBeGreaterThan(2);
    const said = await heard();
    expect(said.slice(0, 2)).toEqual(Array(2).fill('Not delivered: the message is too long'));
    expect(said[2]).toMatch(/^Shop Bot: Order 1042/);
    expect(said).toHaveLength(3);
  });
});

describe('the log', () => {
  it('asks for older messages only when the line is there, and then brings them', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    const sid = (await chat.stored())?.conversation_sid ?? '';
    const { messages } = visits.stack.rest.conversations(sid);
    for (let i = 1; i <= 40; i++) await messages.create({ author: 'anna', body: `entry ${i}.` });
    await page.reload();
    await chat.openAndConnect();
    await chat.message('entry 40.').waitFor();

    visits.stack.emulator.faults.refuse(true);
    visits.stack.emulator.faults.drop();
    await chat.notice(/connection was lost/i).waitFor();
    await chat.log.evaluate((log) => log.scrollTo(0, 0));
    // Asked without end, the page would answer nothing any more, and not find its line again.
    await chat.composer.fill('still alive');
    visits.stack.emulator.faults.refuse(false);
    await chat.status('Connected').waitFor();
    await chat.message('entry 1.').waitFor();
  });
});

describe('a file dropped on the chat', () => {
  it('does not take its place', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    const refused = await chat.log.evaluate((log) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'x.txt'));
      const drop = (type: string): boolean =>
        !log.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
      return [drop('dragover'), drop('drop')];
    });
    expect(refused).toEqual([true, true]);
  });
});

describe('destroy', () => {
  it('leaves nothing but what a returning visitor finds again', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('hello');
    await chat
      .message(/^.*hello/)
      .first()
      .waitFor();
    await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBeGreaterThan(0);
    const kept = () =>
      page.evaluate(() =>
        Object.keys(localStorage)
          .map((key) => key.replace(/CH[0-9a-f]{32}/, 'CH'))
          .sort(),
      );
    // Until the service has it, the message is kept too, and outlives the chat.
    await expect.poll(kept).not.toContain('conversations-web-chat:default:outbox:CH');
    const state = await page.evaluate(() => {
      const { ConversationsWebChat: chat } = window as unknown as {
        ConversationsWebChat: { destroy(): void; getState(): object };
      };
      chat.destroy();
      return chat.getState();
    });
    expect(state).toMatchObject({ open: false, status: 'idle', unread: 0 });
    // The bare `loglevel` may be the page's own.
    expect(await kept()).toEqual([
      'conversations-web-chat:default',
      'conversations-web-chat:default:read',
      'conversations-web-chat:default:snapshot',
      'loglevel',
    ]);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(await page.locator('iframe').count()).toBe(0);
    expect(await chat.launcher.count()).toBe(0);
  });
});
