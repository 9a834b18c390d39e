import { holds, same } from './checks.js';
import {
  conversationEvent,
  conversationUpdated,
  listenUntil,
  messageEvent,
  messageUpdated,
  reaches,
  statesOf,
} from './events.js';
import { type Flow, promised, type Stage, unpromised } from './stage.js';

/** Cuts the sockets of one identity and keeps them away until the answer is called. */
async function keepAway(stage: Stage, client: Awaited<ReturnType<Stage['connect']>>) {
  const lost = reaches(client, 'connecting');
  await stage.fault({ op: 'refuse', on: true });
  await stage.fault({ op: 'drop', identity: client.user.identity });
  await lost;
  return async (): Promise<void> => {
    await stage.fault({ op: 'refuse', on: false });
  };
}

export const reconnectingFlows = {
  'delivers missed, queued and later messages exactly once and in order': unpromised(async (stage) => {
    const {
      clients: [alice],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const { heard, ended } = listenUntil(mine!, 'after');
    await theirs!.sendMessage('before');
    const comeBack = await keepAway(stage, alice!);
    const queued = mine!.sendMessage('queued while away');
    const missed = ['missed 1', 'missed 2', 'missed 3', 'missed 4', 'missed 5'];
    for (const body of missed) await theirs!.sendMessage(body);
    await comeBack();
    same(await queued, 6);
    await theirs!.sendMessage('after');
    await ended;
    same(heard, ['before', ...missed, 'queued while away', 'after']);
    const history = await mine!.getMessages();
    same(
      history.items.map(({ index }) => index),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  }),

  'tells messages that were edited meanwhile in the order they were sent': unpromised(async (stage) => {
    const {
      clients: [, bob],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const { heard, ended } = listenUntil(theirs!, 'after');
    const comeBack = await keepAway(stage, bob!);
    for (const body of ['zero', 'one', 'two']) await mine!.sendMessage(body);
    const [zero] = (await mine!.getMessages()).items;
    await zero!.updateBody('zero, edited');
    await comeBack();
    await mine!.sendMessage('after');
    await ended;
    same(heard, ['zero, edited', 'one', 'two', 'after']);
  }),

  'replays edits, removals and being taken out of a conversation': promised(async (stage) => {
    const {
      clients: [alice, bob],
      views: [kept, keptByBob],
    } = await stage.share('alice', 'bob');
    const ended = await alice!.createConversation();
    const joined = conversationEvent(bob!, 'conversationJoined', ended.sid);
    await ended.join();
    await ended.add('bob');
    await joined;
    for (const body of ['edited later', 'removed later']) await kept!.sendMessage(body);
    const [first, second] = (await kept!.getMessages()).items;
    await keptByBob!.getMessages();

    const comeBack = await keepAway(stage, bob!);
    const edited = messageUpdated(keptByBob!, 'body');
    const removed = messageEvent(keptByBob!, 'messageRemoved');
    const left = conversationEvent(bob!, 'conversationLeft', ended.sid);
    await first!.updateBody('edited meanwhile');
    await second!.remove();
    await ended.removeParticipant('bob');
    await comeBack();
    await edited;
    same((await removed).index, 1);
    await left;
    same(
      (await keptByBob!.getMessages()).items.map(({ body }) => body),
      ['edited meanwhile'],
    );
  }),

  'moves away on close 308 and connects again, and misses nothing': unpromised(async (stage) => {
    const {
      clients: [alice],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const states = statesOf(alice!);
    const { heard, ended } = listenUntil(mine!, 'after');
    const back = reaches(alice!, 'connected');
    same(await stage.fault({ op: 'close', code: 308, identity: 'alice' }), 1, 'sockets met');
    await theirs!.sendMessage('meanwhile');
    await back;
    same(states[0], 'disconnecting');
    holds(!states.includes('denied'), 'it was not denied');
    await theirs!.sendMessage('after');
    await ended;
    same(heard, ['meanwhile', 'after']);
  }),

  'hears of a new name and a new conversation that it missed': promised(async (stage) => {
    const {
      clients: [alice, bob],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const comeBack = await keepAway(stage, bob!);
    const named = conversationUpdated(theirs!, 'friendlyName');
    const invited = conversationEvent(bob!, 'conversationJoined');
    await mine!.updateFriendlyName('renamed meanwhile');
    const another = await alice!.createConversation();
    await another.join();
    await another.add('bob');
    await comeBack();
    same((await named).conversation.friendlyName, 'renamed meanwhile');
    same((await invited).sid, another.sid);
  }),
} satisfies Record<string, Flow>;
