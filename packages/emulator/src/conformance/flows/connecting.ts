import type { Conversation } from '@twilio/conversations';
import { rejection, same } from './checks.js';
import { conversationEvent, next, reaches } from './events.js';
import { type Flow, promised, type Stage } from './stage.js';

async function sidsOfAll(stage: Stage, identity: string): Promise<string[]> {
  const client = await stage.connect(identity);
  let page = await client.getSubscribedConversations();
  const found = page.items.map(({ sid }) => sid);
  while (page.hasNextPage) {
    page = await page.nextPage();
    found.push(...page.items.map(({ sid }) => sid));
  }
  return found;
}

export const connectingFlows = {
  'initialises, knows its user, and has no conversations': promised(async (stage) => {
    const alice = await stage.connect('alice');
    same(alice.connectionState, 'connected');
    same(alice.user.identity, 'alice');
    same(alice.user.attributes, {});
    same((await alice.getSubscribedConversations()).items, []);
  }),

  'takes identities that are not plain words': promised(async (stage) => {
    for (const identity of ['søster 👋', 'a/b?c=d&e#f', '50% off', "o'neil@shop.example"]) {
      const client = await stage.connect(identity);
      same(client.user.identity, identity);
      const conversation = await client.createConversation();
      await conversation.join();
      const participants = await conversation.getParticipants();
      same(
        participants.map((participant) => participant.identity),
        [identity],
      );
      await conversation.leave();
    }
  }),

  'gives a second session of the same identity the same conversations and events': promised(async (stage) => {
    const [first, second] = await Promise.all([stage.connect('alice'), stage.connect('alice')]);
    const joined = conversationEvent(second, 'conversationJoined');
    const conversation = await first.createConversation({ friendlyName: 'Two tabs' });
    await conversation.join();
    const seen = await joined;
    same([seen.sid, seen.friendlyName], [conversation.sid, 'Two tabs']);
    same(await sidsOfAll(stage, 'alice'), [conversation.sid]);
  }),

  'lists more conversations than fit on a page': promised(async (stage) => {
    const alice = await stage.connect('alice');
    const sids = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const conversation = await alice.createConversation();
        await conversation.join();
        return conversation.sid;
      }),
    );
    same((await sidsOfAll(stage, 'alice')).sort(), sids.sort());
  }),

  'ends politely on shutdown': promised(async (stage) => {
    const alice = await stage.connect('alice');
    const ended = reaches(alice, 'disconnected');
    await alice.shutdown();
    await ended;
  }),

  'says that it failed while the server is away, and initialises once it is there': promised(
    async (stage) => {
      await stage.fault({ op: 'refuse', on: true });
      const client = stage.open(await stage.token('alice'));
      await next<unknown>('initFailed', (hear) => client.on('initFailed', hear));
      const initialized = next<void>('initialized', (hear) => client.on('initialized', hear));
      await stage.fault({ op: 'refuse', on: false });
      await initialized;
      const conversation: Conversation = await client.createConversation();
      await conversation.join();
      same(await conversation.sendMessage('late, but here'), 0);
    },
  ),

  'finds nothing of its own after the store was emptied': promised(async (stage) => {
    const {
      clients: [alice],
      views: [mine],
    } = await stage.share('alice');
    const removed = conversationEvent(alice!, 'conversationRemoved', mine!.sid);
    await stage.reset();
    await removed;
    await rejection(mine!.sendMessage('into nothing'), 'a message to what is gone');
    same(await sidsOfAll(stage, 'alice'), []);
  }),
} satisfies Record<string, Flow>;
