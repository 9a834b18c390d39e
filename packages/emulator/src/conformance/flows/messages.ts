import { holds, refused, same } from './checks.js';
import {
  conversationUpdated,
  messageEvent,
  messageUpdated,
  participantEvent,
  shareConversation,
} from './events.js';
import { type Flow, promised, type Stage, unpromised } from './stage.js';

async function shareWithTab(stage: Stage) {
  const [alice, tab, bob] = await Promise.all(
    ['alice', 'alice', 'bob'].map((identity) => stage.connect(identity)),
  );
  const [mine, theirs] = await shareConversation(alice!, bob!);
  const inTab = await tab!.getConversationBySid(mine!.sid);
  await inTab.getMessages(1);
  return { mine: mine!, theirs: theirs!, inTab };
}

export const messageFlows = {
  'carries text, emoji and attributes to the others and to the own second session': promised(
    async (stage) => {
      const { mine, theirs, inTab } = await shareWithTab(stage);
      const heard = [mine, inTab, theirs].map((conversation) => messageEvent(conversation, 'messageAdded'));
      const text = '👩‍👩‍👧 <b>"hi"</b> \u0000 \u2028 end';
      const attributes = { cid: 'x', deep: { list: [1, null, '👋'] } };
      same(await mine.sendMessage(text, attributes), 0);
      for (const message of await Promise.all(heard)) {
        same([message.body, message.author, message.index], [text, 'alice', 0]);
        same(message.attributes, attributes);
        same((await message.getParticipant()).identity, 'alice');
      }
    },
  ),

  'sends an empty message as an empty text': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    same(await mine!.sendMessage(null), 0);
    same((await mine!.getMessages()).items[0]?.body, '');
  }),

  'names the last message in the conversation': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const updated = conversationUpdated(theirs!, 'lastMessage');
    await mine!.sendMessage('one');
    await updated;
    same(theirs!.lastMessage?.index, 0);
    holds(theirs!.lastMessage?.dateCreated instanceof Date, 'the last message has a date');
  }),

  'sends what the message builder makes, with a subject': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const arrived = messageEvent(theirs!, 'messageAdded');
    const unsent = mine!.prepareMessage().setBody('built').setSubject('a subject').setAttributes({ a: 1 });
    same(await unsent.build().send(), 0);
    const message = await arrived;
    same([message.body, message.subject, message.attributes], ['built', 'a subject', { a: 1 }]);
  }),

  'has no delivery receipts where everybody chats': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice', 'bob');
    await mine!.sendMessage('hi');
    const [message] = (await mine!.getMessages()).items;
    same(await message!.getDetailedDeliveryReceipts(), []);
    same(message!.aggregatedDeliveryReceipt, null);
  }),

  'edits bodies and attributes, and names who edited': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const arrived = messageEvent(theirs!, 'messageAdded');
    await mine!.sendMessage('first draft');
    await arrived;
    const [own] = (await mine!.getMessages()).items;
    const edited = messageUpdated(theirs!, 'body');
    await own!.updateBody('second draft ✍️');
    const { message } = await edited;
    same([message.body, message.lastUpdatedBy], ['second draft ✍️', 'alice']);
    const marked = messageUpdated(theirs!, 'attributes');
    await own!.updateAttributes({ pinned: true });
    same([(await marked).message.attributes, message.body], [{ pinned: true }, 'second draft ✍️']);
  }),

  'removes messages and never uses their index again': promised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    for (const body of ['0', '1', '2']) await mine!.sendMessage(body);
    const last = (await mine!.getMessages()).items.at(-1);
    await theirs!.getMessages();
    const removed = messageEvent(theirs!, 'messageRemoved');
    await last!.remove();
    same((await removed).index, 2);
    same([await mine!.sendMessage('3'), await mine!.sendMessage('4')], [3, 4]);
    const again = await (await stage.connect('bob')).getConversationBySid(mine!.sid);
    same(
      (await again.getMessages()).items.map(({ index, body }) => [index, body]),
      [
        [0, '0'],
        [1, '1'],
        [3, '3'],
        [4, '4'],
      ],
    );
  }),

  'lets nobody but their author and the admin of the conversation change messages': promised(
    async (stage) => {
      const {
        views: [mine, theirs],
      } = await stage.share('alice', 'bob');
      await mine!.sendMessage('from alice');
      await theirs!.sendMessage('from bob');
      const [fromAlice] = (await theirs!.getMessages()).items;
      await refused(fromAlice!.updateBody('forged'), 403, 50107, 'an edit of another’s message');
      await refused(fromAlice!.remove(), 403, 50107, 'a removal of another’s message');
      const fromBob = (await mine!.getMessages()).items[1];
      const removed = messageEvent(mine!, 'messageRemoved');
      await fromBob!.remove();
      same((await removed).index, 1);
      same((await mine!.getMessages()).items.length, 1);
    },
  ),

  'tells the others who types, ends by the message or by itself, and never echoes': unpromised(
    async (stage) => {
      const { mine, theirs, inTab } = await shareWithTab(stage);
      const echoes: (string | null)[] = [];
      for (const own of [mine, inTab]) {
        own.on('typingStarted', ({ identity }) => echoes.push(identity));
      }
      const started = participantEvent(theirs, 'typingStarted', 'alice');
      await mine.typing();
      await started;
      const endedByMessage = participantEvent(theirs, 'typingEnded', 'alice');
      await mine.sendMessage('done');
      await endedByMessage;

      const answered = participantEvent(mine, 'typingStarted', 'bob');
      const endedByItself = participantEvent(mine, 'typingEnded', 'bob');
      await theirs.typing();
      await answered;
      await endedByItself;
      holds(!echoes.includes('alice'), 'nobody is told of their own typing');
    },
  ),

  'refuses what is too long, by its code': promised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    const largest = 'ü'.repeat(16 * 1024);
    same(await mine!.sendMessage(largest), 0);
    await refused(mine!.sendMessage(`${largest}.`), 400, 50504, 'a body that is too long');
    await refused(
      mine!.sendMessage('x', { long: 'x'.repeat(4096) }),
      400,
      50303,
      'attributes that are too long',
    );
    same((await mine!.getMessages()).items.length, 1);
  }),
} satisfies Record<string, Flow>;
