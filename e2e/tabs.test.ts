import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { ChatSession } from '../packages/session/src/contract.js';
import { setUpVisits } from './support/visits.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const session = path.join(root, 'packages/session/src');

// A page with nothing on it but a session, as a developer's own interface has it.
const site = await mkdtemp(path.join(tmpdir(), 'tabs-'));
await writeFile(
  path.join(site, 'index.html'),
  '<!doctype html><script type="module" src="./main.js"></script>',
);
await writeFile(
  path.join(site, 'main.js'),
  `import { createChatSession } from ${JSON.stringify(path.join(session, 'index.ts'))};
import { createBrowserPorts, createFetchToken } from ${JSON.stringify(path.join(session, 'browser/index.ts'))};
import { createTwilioConnection } from ${JSON.stringify(path.join(session, 'twilio-connection.ts'))};
window.chat = createChatSession({
  ...createBrowserPorts({ window, storage: 'local' }),
  connect: createTwilioConnection,
  fetchToken: createFetchToken({ url: '/chat-widget', fetch: window.fetch.bind(window) }),
});
window.chat.start();`,
);
const vite = path.join(root, 'node_modules/.bin/vite');
await promisify(execFile)(vite, ['build', '--logLevel', 'warn', '--base', './'], { cwd: site });
afterAll(() => rm(site, { recursive: true, force: true }));

const visits = setUpVisits({ siteDir: path.join(site, 'dist') });

declare global {
  interface Window {
    chat: ChatSession;
  }
}

const snapshot = (page: Page) => page.evaluate(() => window.chat.getSnapshot());
const seen = async (page: Page) => {
  const { unread, readTo } = await snapshot(page);
  return { unread, readTo };
};

/** Two tabs of one browser, which begin in the same moment. */
async function twoTabs({ channel = true } = {}) {
  if (!channel) await visits.visitor.context.addInitScript('delete globalThis.BroadcastChannel');
  const tabs = await Promise.all([1, 2].map(() => visits.visitor.newPage(visits.stack.url)));
  const [one, two] = tabs;
  if (!one || !two) throw new Error('There are two.');
  for (const tab of tabs) {
    await tab.waitForFunction(() => window.chat?.getSnapshot().status === 'online');
    expect(await tab.evaluate(() => 'BroadcastChannel' in window)).toBe(channel);
  }
  const sid = (await snapshot(one)).conversationSid ?? '';
  const { messages } = visits.stack.rest.conversations(sid);
  return { one, two, sid, say: (body: string) => messages.create({ author: 'anna', body }) };
}

describe('two tabs of one visitor', () => {
  it('B4: show what is written in one of them as the visitor’s own in both, in one conversation', async () => {
    const { one, two, sid } = await twoTabs();
    expect((await snapshot(two)).conversationSid).toBe(sid);
    expect((await snapshot(two)).identity).toBe((await snapshot(one)).identity);
    await one.evaluate(() => window.chat.send('from the first'));
    await two.waitForFunction(() =>
      window.chat.getSnapshot().messages.some(({ body, own }) => own && body === 'from the first'),
    );
  });

  it.each([
    ['BroadcastChannel', true],
    ['storage events', false],
  ])(
    'share by %s what has been read and what is being typed, and one of them alone rings',
    async (_, channel) => {
      const { one, two, say } = await twoTabs({ channel });
      await one.evaluate(() => window.chat.draft.write('half a sen'));
      await two.waitForFunction(() => window.chat.draft.read() === 'half a sen');
      await two.evaluate(() => window.chat.draft.write('half a sentence'));
      await one.waitForFunction(() => window.chat.draft.read() === 'half a sentence');

      const before = (await snapshot(one)).unread;
      await say('one');
      await say('two');
      for (const tab of [one, two]) {
        await tab.waitForFunction((count) => window.chat.getSnapshot().unread === count, before + 2);
      }
      const last = (await snapshot(one)).messages.at(-1)?.index ?? -1;
      for (let index = last - 1; index <= last; index += 1) {
        const claims = await Promise.all(
          [one, two].map((tab) => tab.evaluate((at) => window.chat.claimAlert(at), index)),
        );
        expect(claims.filter(Boolean)).toHaveLength(1);
      }
      await one.evaluate(() => window.chat.markRead());
      await two.waitForFunction(() => window.chat.getSnapshot().unread === 0);
      expect(await seen(two)).toEqual({ unread: 0, readTo: last });

      // What follows is read nowhere, and what was read stays so over a reload of all.
      await say('three');
      for (const tab of [one, two]) {
        await tab.waitForFunction(() => window.chat.getSnapshot().unread === 1);
        await tab.reload();
        await tab.waitForFunction(() => window.chat?.getSnapshot().status === 'online');
        await tab.waitForFunction(() => window.chat.getSnapshot().unread === 1);
      }
    },
  );

  it('ring once for each of many messages that come in the same moment to both', async () => {
    const { one, two } = await twoTabs();
    // Without a word about when: as both hear of them.
    const claimAll = () =>
      Promise.all(Array.from({ length: 100 }, (_, index) => window.chat.claimAlert(1000 + index)));
    const [first, second] = await Promise.all([one.evaluate(claimAll), two.evaluate(claimAll)]);
    const both = first.filter((claimed, index) => claimed && second[index]);
    expect(both).toEqual([]);
    expect([...first, ...second].filter(Boolean).length).toBeGreaterThan(0);
  });

  it('go on together to another conversation', async () => {
    const { one, two, sid } = await twoTabs();
    await one.evaluate(() => window.chat.endChat());
    await two.waitForFunction(() => window.chat.getSnapshot().status === 'ended');
    await two.evaluate(() => window.chat.startNew());
    for (const tab of [one, two]) {
      await tab.waitForFunction((old) => {
        const { status, conversationSid } = window.chat.getSnapshot();
        return status === 'online' && conversationSid !== old;
      }, sid);
    }
    expect((await snapshot(one)).conversationSid).toBe((await snapshot(two)).conversationSid);
  });
});
