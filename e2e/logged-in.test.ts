import { createHmac, randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Chat } from './support/chat.js';
import { setUpVisits, type Visits } from './support/visits.js';

const SECRET = 'the-secret-that-both-sides-share-0001';
const ISSUER = 'https://shop.example';
const environment = {
  USER_TOKEN_ISSUER: ISSUER,
  USER_TOKEN_ALGORITHM: 'HS256',
  USER_TOKEN_SECRETS: `2027-01=${SECRET}`,
};

/** What the shop's backend signs for whoever is logged in. */
function userToken(sub: string): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: ISSUER, aud: 'twilio-webchat', sub, iat: now, exp: now + 300, jti: randomUUID() };
  const signed = `${part({ alg: 'HS256', kid: '2027-01' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

/** Everything that the browser keeps of this origin, as one text. */
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
        const reading = database.transaction(store).objectStore(store);
        const all = <T>(request: IDBRequest<T>) =>
          new Promise((resolve) => {
            request.onsuccess = () => resolve(request.result);
          });
        found.push(name, store, await all(reading.getAllKeys()), await all(reading.getAll()));
      }
      database.close();
    }
    return JSON.stringify(found);
  });
}

const call = (page: Page, method: string, value?: string): Promise<void> =>
  page.evaluate(
    ([name, given]) => {
      const api = (window as unknown as { ConversationsWebChat: (...all: unknown[]) => unknown })
        .ConversationsWebChat;
      api(name, given);
    },
    [method, value],
  );

async function chatWith(visits: Visits, text: string): Promise<Chat> {
  const chat = new Chat(await visits.visitor.newPage(visits.stack.url));
  await chat.openAndConnect();
  await chat.send(text);
  await chat.message(text).waitFor();
  await expect.poll(async () => await chat.message(text).getAttribute('data-state')).toBe('sent');
  return chat;
}

describe.each([
  ['the browser makes conversations', false],
  ['the service makes conversations', true],
])('where %s, who logs in at the shop', (_, hardened) => {
  const visits = setUpVisits({ environment, hardened });

  it('in the middle of a chat keeps it', async () => {
    const chat = await chatWith(visits, 'asked before I logged in');
    const { conversation_sid: sid = '', uuid = '' } = (await chat.stored()) ?? {};
    await call(chat.page, 'identify', userToken('42'));
    const identities = async (): Promise<(string | null)[]> =>
      (await visits.stack.rest.conversations(sid).participants.list()).map(({ identity }) => identity);
    await expect.poll(identities).toContainEqual(expect.stringMatching(/^u_/));
    await expect.poll(identities).not.toContain(uuid);
    await chat.status('Connected').waitFor();
    await chat.send('asked as myself');
    await chat.message('asked as myself').waitFor();
    expect(await chat.message('asked before I logged in').count()).toBe(1);
    expect(await kept(chat.page)).not.toContain('"secret":"');

    await expect
      .poll(async () => (await visits.stack.rest.conversations(sid).messages.list()).map(({ body }) => body))
      .toContain('asked as myself');

    const other = await visits.arrive();
    const elsewhere = new Chat(await other.newPage(visits.stack.url));
    await call(elsewhere.page, 'identify', userToken('42'));
    await elsewhere.openAndConnect();
    const { conversation_sid: there, uuid: who } = (await elsewhere.stored('default:user')) ?? {};
    expect(who).toBe((await chat.stored('default:user'))?.uuid);
    // A claimed conversation has another one's name: without the service's help nobody finds it.
    expect(there === sid).toBe(hardened);
    if (hardened) await elsewhere.message('asked before I logged in').waitFor();
  });
});

describe('who logs in at the shop', () => {
  const visits = setUpVisits({ environment });

  it('by a function of the page is asked for a word each time it is needed', async () => {
    const page = await visits.visitor.newPage(visits.stack.url);
    await page.exposeFunction('askMyServer', () => userToken('7'));
    await page.evaluate(() => {
      const { ConversationsWebChat, askMyServer } = window as unknown as {
        ConversationsWebChat: { identify(word: unknown): void };
        askMyServer: () => Promise<string>;
      };
      ConversationsWebChat.identify(() => askMyServer());
    });
    // Nothing is asked before the chat is opened.
    expect(await page.locator('iframe').count()).toBe(0);
    const chat = new Chat(page);
    await chat.openAndConnect();
    expect(await chat.stored()).toBeNull();
    expect(await chat.stored('default:user')).toMatchObject({ uuid: expect.stringMatching(/^u_/) });
  });

  it('and logs out leaves nothing in any storage, in any tab', async () => {
    const chat = await chatWith(visits, 'something between us');
    await call(chat.page, 'identify', userToken('42'));
    await expect.poll(() => chat.stored('default:user')).not.toBeNull();
    await chat.status('Connected').waitFor();
    const second = new Chat(await visits.visitor.newPage(visits.stack.url));
    await call(second.page, 'identify', userToken('42'));
    await second.openAndConnect();
    await second.message('something between us').waitFor();
    const { conversation_sid: sid = '', uuid = '' } = (await chat.stored('default:user')) ?? {};
    await second.composer.fill('half a thought');
    expect(await kept(chat.page)).toContain(sid);

    await call(chat.page, 'logout');
    for (const { page } of [chat, second]) {
      await expect
        .poll(() => kept(page))
        .not.toMatch(/conversations-web-chat|loglevel:twil|::(list|map|document)::/);
      const left = await kept(page);
      for (const trace of [sid, uuid, 'something between us', 'half a thought'])
        expect(left).not.toContain(trace);
    }
    await chat.page.reload();
    await chat.openAndConnect();
    expect(await chat.message('something between us').count()).toBe(0);
    expect((await chat.stored())?.conversation_sid).not.toBe(sid);
  });
});

describe('an anonymous visitor', () => {
  const visits = setUpVisits();

  it('who wants to be forgotten is, with all that was said, typed and waiting', async () => {
    const chat = await chatWith(visits, 'something to forget');
    const { conversation_sid: sid = '', uuid = '', secret = '' } = (await chat.stored()) ?? {};
    await visits.visitor.context.setOffline(true);
    await chat.send('something that could not be sent');
    await chat.composer.fill('half a thought');
    const before = await kept(chat.page);
    for (const trace of [sid, uuid, secret, 'something that could not be sent', 'half a thought']) {
      expect(before).toContain(trace);
    }
    await call(chat.page, 'forgetMe');
    await expect
      .poll(() => kept(chat.page), { timeout: 4_000 })
      .not.toMatch(/conversations-web-chat|loglevel:twil/);
    const left = await kept(chat.page);
    for (const trace of [sid, uuid, secret, 'something', 'half a thought']) expect(left).not.toContain(trace);

    await visits.visitor.context.setOffline(false);
    await chat.openAndConnect();
    expect(await chat.composer.inputValue()).toBe('');
    expect(await chat.message('something').count()).toBe(0);
    expect((await chat.stored())?.uuid).not.toBe(uuid);
  });

  it('is one, with one conversation, in two tabs that open at the same instant', async () => {
    const pages = await Promise.all([1, 2].map(() => visits.visitor.newPage(visits.stack.url)));
    const chats = pages.map((page) => new Chat(page));
    await Promise.all(pages.map((page) => call(page, 'open')));
    await Promise.all(chats.map((chat) => chat.status('Connected').waitFor()));
    const [one, two] = await Promise.all(chats.map((chat) => chat.stored()));
    expect(one?.uuid).toBe(two?.uuid);
    const all = await visits.stack.rest.conversations.list();
    expect(all.map(({ sid }) => sid)).toEqual([one?.conversation_sid]);
    const participants = await visits.stack.rest.conversations(all[0]?.sid ?? '').participants.list();
    expect(participants.filter(({ identity }) => identity !== 'bot').map(({ identity }) => identity)).toEqual(
      [one?.uuid],
    );
  });
});
