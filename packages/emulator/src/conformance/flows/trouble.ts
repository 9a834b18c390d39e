import type { Client, ClientOptions, ConnectionState } from '@twilio/conversations';
import { holds, rejection, same } from './checks.js';
import { conversationEvent, listenUntil, messageEvent, next, reaches, statesOf, until } from './events.js';
import { type Flow, type Stage, unpromised } from './stage.js';

interface ConnectionError {
  terminal: boolean;
  httpStatusCode?: number;
}

const connectionError = (client: Client): Promise<ConnectionError> =>
  next<ConnectionError>('connectionError', (hear) => client.on('connectionError', hear));
const initialized = (client: Client): Promise<void> =>
  next<void>('initialized', (hear) => client.on('initialized', hear));

async function times(stage: Stage, line: RegExp): Promise<number> {
  return (await stage.asked()).filter((asked) => line.test(asked)).length;
}

/** A client that is told to go away with this code, and has got as far as `until`. */
async function sentAway(stage: Stage, code: number, until: ConnectionState) {
  const {
    clients: [alice],
    views: [mine],
  } = await stage.share('alice');
  const there = reaches(alice!, until);
  same(await stage.fault({ op: 'close', code, identity: 'alice' }), 1, 'sockets met');
  await there;
  return { alice: alice!, mine: mine! };
}

/** A flow in which the SDK is dead for good after a close with this code. */
const deadAfter = (code: number): Flow =>
  unpromised(async (stage) => {
    const { alice } = await sentAway(stage, code, 'disconnected');
    let settled = false;
    const settle = () => {
      settled = true;
    };
    alice.updateToken(await stage.token('alice', 1800)).then(settle, settle);
    // Whoever comes anew is met as ever, which takes more turns than an update does.
    const another = await stage.connect('alice');
    await another.createConversation();
    same([settled, alice.connectionState], [false, 'disconnected']);
  });

/** A flow in which the first `init` is refused and the SDK tries again by itself. */
const startsAfterInit = (status: number, more: Record<string, unknown> = {}): Flow =>
  unpromised(async (stage) => {
    await stage.fault({ op: 'answer', to: 'init', status, times: 1, ...more });
    const client = stage.open(await stage.token('alice'));
    const states = statesOf(client);
    const refused = connectionError(client);
    const started = initialized(client);
    same((await refused).terminal, false);
    await started;
    holds(!states.includes('denied'), 'it was not denied');
    await client.createConversation();
  });

export const troubleFlows = {
  'tries again after init 429, in the time it was told': startsAfterInit(429, { backoffMs: 300 }),

  'tries again after init 500': startsAfterInit(500),

  'is denied by init 403, and comes back with another token': unpromised(async (stage) => {
    const {
      clients: [alice],
      views: [mine],
    } = await stage.share('alice');
    await stage.fault({ op: 'answer', to: 'init', status: 403, times: 1 });
    const denied = reaches(alice!, 'denied');
    const error = next<ConnectionError>(
      'a terminal connectionError',
      (hear) => alice!.on('connectionError', hear),
      ({ terminal }) => terminal,
    );
    await stage.fault({ op: 'drop', identity: 'alice' });
    await denied;
    same((await error).httpStatusCode, 403);
    const back = reaches(alice!, 'connected');
    await alice!.updateToken(await stage.token('alice', 1800));
    await back;
    same(await mine!.sendMessage('back'), 0);
  }),

  'connects again after close 500': unpromised(async (stage) => {
    const { mine } = await sentAway(stage, 500, 'connected');
    same(await mine.sendMessage('back'), 0);
  }),

  'stays away after close 401 until it has another token': unpromised(async (stage) => {
    const { alice, mine } = await sentAway(stage, 401, 'disconnected');
    const back = reaches(alice, 'connected');
    await alice.updateToken(await stage.token('alice', 1800));
    await back;
    same(await mine.sendMessage('back'), 0);
  }),

  'is dead for good after close 406, a trap of the SDK': deadAfter(406),

  'is dead for good after close 417, a trap of the SDK': deadAfter(417),

  'is told of each refusal as it is, and never sends a change twice': unpromised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    const path = `/Client/v2/Conversations/${mine!.sid}/Messages`;
    const statuses = [400, 403, 404, 409, 429, 500, 502, 503];
    for (const status of statuses) {
      await stage.fault({ op: 'answer', status, code: 20_000 + status, method: 'POST', path, times: 1 });
      const error = await rejection(mine!.sendMessage(`refused with ${status}`), `answer ${status}`);
      const { status: told, body } = error as { status?: number; body?: { code?: number } };
      same([told, body?.code], [status, 20_000 + status]);
    }
    same(await times(stage, new RegExp(`^POST ${path}$`)), statuses.length);
    same(await mine!.sendMessage('taken'), 0);
  }),

  'asks again for its configuration while that is refused, and starts': unpromised(async (stage) => {
    await stage.fault({ op: 'answer', status: 503, path: '/Client/v2/Configuration', times: 3 });
    await stage.connect('alice');
    same(await times(stage, /^GET \/Client\/v2\/Configuration$/), 4);
  }),

  'gives up when its configuration stays refused': unpromised(async (stage) => {
    await stage.fault({ op: 'answer', status: 503, path: '/Client/v2/Configuration', times: 100 });
    const client = stage.open(await stage.token('alice'));
    await next<unknown>('initFailed', (hear) => client.on('initFailed', hear));
    same(await times(stage, /^GET \/Client\/v2\/Configuration$/), 6);
  }),

  'fails to start without its own user': unpromised(async (stage) => {
    await stage.fault({ op: 'answer', status: 404, code: 54200, path: '.info', times: 1 });
    const client = stage.open(await stage.token('alice'));
    await next<unknown>('initFailed', (hear) => client.on('initFailed', hear));
  }),

  'asks again for a user when the service is overloaded for a moment': unpromised(async (stage) => {
    const [, bob] = await Promise.all([stage.connect('alice'), stage.connect('bob')]);
    await stage.fault({ op: 'answer', status: 503, path: '/Client/v2/Users/alice', times: 1 });
    same((await bob.getUser('alice')).identity, 'alice');
    same(await times(stage, /^GET \/Client\/v2\/Users\/alice$/), 2);
  }),

  'hears once of its message whose answer was lost with the socket': unpromised(async (stage) => {
    const {
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const { heard, ended } = listenUntil(mine!, 'after');
    await stage.fault({ op: 'drop', when: 'afterWrite', identity: 'alice', path: '/Messages' });
    await rejection(mine!.sendMessage('stored'), 'a message without an answer');
    same((await theirs!.getMessages()).items.length, 1);
    await theirs!.sendMessage('after');
    await ended;
    same(heard, ['stored', 'after']);
  }),

  'may send again what was lost before it was stored': unpromised(async (stage) => {
    const {
      clients: [alice],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const { heard, ended } = listenUntil(theirs!, 'again');
    await stage.fault({ op: 'drop', when: 'beforeWrite', identity: 'alice', path: '/Messages' });
    const back = reaches(alice!, 'connected');
    await rejection(mine!.sendMessage('lost'), 'a message that did not arrive');
    await back;
    same(await mine!.sendMessage('again'), 0);
    await ended;
    same(heard, ['again']);
  }),

  'notices nothing of a half-open socket, and has all of it after the cut': unpromised(async (stage) => {
    const {
      clients: [alice],
      views: [mine, theirs],
    } = await stage.share('alice', 'bob');
    const { heard, ended } = listenUntil(mine!, 'two');
    await stage.fault({ op: 'halfOpen', on: true, identity: 'alice' });
    const own = messageEvent(theirs!, 'messageAdded', ({ body }) => body === 'one');
    await theirs!.sendMessage('one');
    await own;
    same([heard, alice!.connectionState], [[], 'connected']);
    await stage.fault({ op: 'drop', identity: 'alice' });
    await stage.fault({ op: 'halfOpen', on: false, identity: 'alice' });
    await theirs!.sendMessage('two');
    await ended;
    same(heard, ['one', 'two']);
  }),

  // The SDK waits as long as the reply to its request said that the result would take.
  'asks again for a subscription whose result was lost': unpromised(async (stage) => {
    const uri = await stage.losing('subscription_established');
    const alice = stage.open(await stage.token('alice'), { Twilsock: { uri } } as ClientOptions);
    await initialized(alice);
    await until('a second request', async () => (await times(stage, /^POST \/v4\/Subscriptions$/)) === 2);
    const joined = conversationEvent(alice, 'conversationJoined');
    const { body } = await stage.rest('POST', '/Conversations');
    const { status } = await stage.rest('POST', `/Conversations/${body.sid}/Participants`, {
      Identity: 'alice',
    });
    same([status, (await joined).sid], [201, body.sid]);
  }),

  'may hear of its message before its answer': unpromised(async (stage) => {
    const {
      views: [mine],
    } = await stage.share('alice');
    // Nothing is heard before the subscription to the list has been answered.
    const first = messageEvent(mine!, 'messageAdded');
    await mine!.sendMessage('first');
    await first;
    await stage.fault({ op: 'pauseReplies', on: true, identity: 'alice' });
    const added = messageEvent(mine!, 'messageAdded', ({ body }) => body === 'hi');
    let answered = false;
    const sent = mine!.sendMessage('hi').finally(() => {
      answered = true;
    });
    await added;
    same(answered, false);
    await stage.fault({ op: 'pauseReplies', on: false, identity: 'alice' });
    same(await sent, 1);
  }),
} satisfies Record<string, Flow>;
