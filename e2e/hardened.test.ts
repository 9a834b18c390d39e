import { describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits } from './support/visits.js';

const visits = setUpVisits({ hardened: true });

const conversations = () => visits.stack.rest.conversations.list();
const participantsOf = async (sid = '') =>
  (await visits.stack.rest.conversations(sid).participants.list()).map(({ identity }) => identity);

describe('where the backend makes the conversations', () => {
  it('a visitor is greeted, is answered by the bot, and finds everything again after a reload', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat
      .message(/welcome|hello|hi/i)
      .first()
      .waitFor();
    await chat.send('Where is my order NW-1042?');
    await chat
      .message(/on its way/i)
      .first()
      .waitFor();

    const before = await chat.stored();
    const [made, ...others] = await conversations();
    expect(others).toEqual([]);
    expect(made).toMatchObject({ sid: before?.conversation_sid, friendlyName: 'Web chat' });
    expect(await participantsOf(made?.sid)).toEqual([before?.uuid]);

    await page.reload();
    await chat.openAndConnect();
    await chat.message('Where is my order NW-1042?').waitFor();
    expect(await chat.stored()).toMatchObject({ conversation_sid: made?.sid });
    expect(await conversations()).toHaveLength(1);
    expect(visits.visitor.complaints).toEqual([]);
  });

  it('a visitor starts another chat after the end of one', async () => {
    const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
    await chat.openAndConnect();
    await chat.send('hello');
    await chat.message('hello').first().waitFor();
    const first = (await chat.stored())?.conversation_sid ?? '';
    await visits.stack.rest.conversations(first).update({ state: 'closed' });
    await chat.frame.getByRole('button', { name: 'Start a new chat' }).click();
    await chat.status('Connected').waitFor();
    await chat.send('once more');
    await chat.message('once more').first().waitFor();
    const second = (await chat.stored())?.conversation_sid;
    expect(second).not.toBe(first);
    // The bubble is there before the service has the message.
    await expect
      .poll(async () => {
        const messages = await visits.stack.rest.conversations(second ?? '').messages.list();
        return messages.map(({ body }) => body);
      })
      .toContain('once more');
  });

  it('a chat that was closed while its visitor was away is shown, and no other begins by itself', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('hello');
    await chat.message('hello').first().waitFor();
    const { conversation_sid: sid = '' } = (await chat.stored()) ?? {};
    await visits.stack.rest.conversations(sid).update({ state: 'closed' });
    await page.reload();
    await chat.open();
    await chat.frame.getByRole('button', { name: 'Start a new chat' }).waitFor();
    await chat.message('hello').first().waitFor();
    expect((await conversations()).map((each) => each.sid)).toEqual([sid]);
  });

  it('a visitor who was taken out stays out, and starts another chat', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    const chat = new Chat(page);
    await chat.openAndConnect();
    await chat.send('hello');
    await chat.message('hello').first().waitFor();
    const { conversation_sid: first = '', uuid = '' } = (await chat.stored()) ?? {};
    await visits.stack.rest.conversations(first).participants(uuid).remove();
    await chat.frame.getByRole('button', { name: 'Start a new chat' }).click();
    await chat.status('Connected').waitFor();
    await page.reload();
    await chat.openAndConnect();
    expect((await chat.stored())?.conversation_sid).not.toBe(first);
    expect(await participantsOf(first)).toEqual([]);
    expect(await conversations()).toHaveLength(2);
  });

  it('two tabs that open at the same instant share one conversation', async () => {
    const pages = [
      await visits.visitor.newPage(visits.stack.url),
      await visits.visitor.newPage(visits.stack.url),
    ];
    const tabs = pages.map((page) => new Chat(page));
    await Promise.all(tabs.map((tab) => tab.openAndConnect()));
    await tabs[0]?.send('from the first tab');
    await tabs[1]?.message('from the first tab').waitFor();
    expect(await conversations()).toHaveLength(1);
  });
});
