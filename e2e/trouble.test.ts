import { describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits();

async function sentBy(chat: Chat): Promise<string[]> {
  const { uuid, conversation_sid: sid } = (await chat.stored()) ?? {};
  const all = await visits.stack.rest.conversations(sid ?? '').messages.list({ order: 'asc' });
  return all.filter(({ author }) => author === uuid).map(({ body }) => body);
}

describe('when the connection breaks', () => {
  it('says so, keeps what is typed meanwhile, and delivers it once when it is back', async () => {
    const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
    await chat.openAndConnect();
    await chat.send('before');
    await chat.message('before').waitFor();

    visits.stack.emulator.faults.refuse(true);
    visits.stack.emulator.faults.drop();
    await chat.notice(/connection was lost/i).waitFor();
    await chat.send('first while away');
    await chat.send('second while away');
    await chat.message('second while away').waitFor();

    visits.stack.emulator.faults.refuse(false);
    await chat.status('Connected').waitFor();
    await expect
      .poll(() => sentBy(chat), { timeout: 20_000 })
      .toEqual(['before', 'first while away', 'second while away']);
    await chat.notice(/connection was lost/i).waitFor({ state: 'hidden' });
    for (const text of ['before', 'first while away', 'second while away']) {
      expect(await chat.message(text).count()).toBe(1);
    }
    // And it stays so: the answers of the bot come after everything, so nothing is sent again behind them.
    await chat.send('after');
    await expect
      .poll(() => sentBy(chat))
      .toEqual(['before', 'first while away', 'second while away', 'after']);
  });

  it('shows what others wrote meanwhile, once and in order', async () => {
    const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
    await chat.openAndConnect();
    const sid = (await chat.stored())?.conversation_sid ?? '';
    visits.stack.emulator.faults.refuse(true);
    visits.stack.emulator.faults.drop();
    await chat.notice(/connection was lost/i).waitFor();
    for (const n of [1, 2, 3]) {
      await visits.stack.rest.conversations(sid).messages.create({ author: 'anna', body: `missed ${n}.` });
    }
    visits.stack.emulator.faults.refuse(false);
    await chat.message('missed 3.').waitFor();
    const texts = await chat.message(/missed \d\./).allTextContents();
    expect(texts.map((text) => /missed (\d)\./.exec(text)?.[1])).toEqual(['1', '2', '3']);
  });

  it('keeps unsent text over a reload, and delivers it then', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    visits.stack.emulator.faults.refuse(true);
    visits.stack.emulator.faults.drop();
    await chat.notice(/connection was lost/i).waitFor();
    await chat.send('do not lose me');
    await chat.message('do not lose me').waitFor();
    await chat.composer.fill('a draft');

    await page.reload();
    visits.stack.emulator.faults.refuse(false);
    await chat.openAndConnect();
    await expect.poll(() => sentBy(chat), { timeout: 20_000 }).toEqual(['do not lose me']);
    expect(await chat.message('do not lose me').count()).toBe(1);
    expect(await chat.composer.inputValue()).toBe('a draft');
  });
});

describe('when the browser is offline', () => {
  it('says so and keeps what is typed', async () => {
    const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
    await chat.openAndConnect();
    await visits.visitor.context.setOffline(true);
    await chat.notice(/you are offline/i).waitFor();
    await chat.send('written on a train');
    await chat.message('written on a train').waitFor();
    await visits.visitor.context.setOffline(false);
    await expect.poll(() => sentBy(chat), { timeout: 20_000 }).toEqual(['written on a train']);
    expect(await chat.message('written on a train').count()).toBe(1);
  });
});

describe('when the token service is down', () => {
  it('says so with a retry, keeps what is typed, and goes on when it is back', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    let down = true;
    await page.route('**/chat-widget?identity=*', (route) => (down ? route.abort() : route.continue()));
    await chat.open();
    await chat.notice(/cannot be reached/i).waitFor();
    await chat.send('are you there?');
    await chat.message('are you there?').waitFor();

    down = false;
    await chat.frame.getByRole('button', { name: 'Try again' }).click();
    await chat.status('Connected').waitFor();
    await expect.poll(() => sentBy(chat), { timeout: 20_000 }).toEqual(['are you there?']);
  });
});

describe('when the conversation is gone on the server', () => {
  it('starts a new one and says so', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    const before = await chat.stored();
    await visits.stack.rest.conversations(before?.conversation_sid ?? '').remove();

    await page.reload();
    await chat.openAndConnect();
    await chat.notice(/earlier chat is no longer available/i).waitFor();
    const after = await chat.stored();
    expect(after?.uuid).toBe(before?.uuid);
    expect(after?.conversation_sid).toMatch(/^CH/);
    expect(after?.conversation_sid).not.toBe(before?.conversation_sid);
    await chat.send('still here');
    await expect.poll(() => sentBy(chat), { timeout: 20_000 }).toEqual(['still here']);
  });

  it('tells a visitor who is in it, and offers a new one', async () => {
    const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
    await chat.openAndConnect();
    const before = await chat.stored();
    await visits.stack.rest.conversations(before?.conversation_sid ?? '').remove();
    await chat.frame.getByRole('button', { name: 'Start a new chat' }).click();
    await chat.status('Connected').waitFor();
    await expect.poll(async () => (await chat.stored())?.conversation_sid).not.toBe(before?.conversation_sid);
    await chat.send('hello again');
    await expect.poll(() => sentBy(chat), { timeout: 20_000 }).toEqual(['hello again']);
  });
});

describe('when storage is blocked', () => {
  it('works for as long as the page is there, and says so', async () => {
    const page = await visits.visitor.context.newPage();
    await page.addInitScript(() => {
      for (const name of ['localStorage', 'sessionStorage'] as const) {
        Object.defineProperty(window, name, {
          get() {
            throw new DOMException('blocked', 'SecurityError');
          },
        });
      }
    });
    await page.goto(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.notice(/does not let us remember/i).waitFor();
    await chat.send('hello');
    await chat
      .message(/^.*hello/)
      .first()
      .waitFor();
  });
});
