import { holds, same } from './checks.js';
import { type Flow, inBrowser, type Stage } from './stage.js';

const descriptors = (asked: readonly string[]): string[] =>
  asked.filter((line) => /^GET \/v3\/(Maps|Documents|Lists)\/[^/]+$/.test(line));

async function readAll(stage: Stage, sid: string): Promise<(string | null)[]> {
  const conversation = await (await stage.connect('alice')).getConversationBySid(sid);
  return (await conversation.getMessages()).items.map(({ body }) => body);
}

/** A page that is loaded again is the same tab with another client. */
export const storageFlows = {
  'starts again in the same tab from what it stored, and misses nothing of between': inBrowser(
    async (stage) => {
      const {
        clients: [alice],
        views: [mine],
      } = await stage.share('alice');
      await mine!.sendMessage('before');
      await alice!.shutdown();
      const before = descriptors(await stage.asked()).length;
      holds(before > 0, 'the first start asked for objects');
      await stage.write(mine!.sid, 'alice', ['meanwhile']);

      const again = await stage.connect('alice');
      const conversation = await again.getConversationBySid(mine!.sid);
      same(
        (await conversation.getMessages()).items.map(({ body }) => body),
        ['before', 'meanwhile'],
      );
      same(descriptors(await stage.asked()).length, before, 'objects asked for after the second start');
      const heard = new Promise<string | null>((resolve) => {
        conversation.on('messageAdded', ({ body }) => resolve(body));
      });
      await stage.write(mine!.sid, 'alice', ['live']);
      same(await heard, 'live');
    },
  ),

  'does not take up what it stored of a store that was emptied since': inBrowser(async (stage) => {
    const {
      clients: [alice],
      views: [mine],
    } = await stage.share('alice');
    await mine!.sendMessage('lost');
    await alice!.shutdown();
    await stage.reset();
    const fresh = await stage.connect('alice');
    same((await fresh.getSubscribedConversations()).items, []);
    const conversation = await fresh.createConversation();
    await conversation.join();
    await conversation.sendMessage('new');
    same(await readAll(stage, conversation.sid), ['new']);
  }),
} satisfies Record<string, Flow>;
