import { rejection, same } from './checks.js';
import { next, reaches, statesOf, tokenExpired } from './events.js';
import { type Flow, unpromised } from './stage.js';

export const tokenFlows = {
  'says that a token is about to expire, and takes a new one': unpromised(async (stage) => {
    const alice = await stage.connect('alice');
    const states = statesOf(alice);
    const told = next<void>('tokenAboutToExpire', (hear) => alice.on('tokenAboutToExpire', hear));
    same(await stage.fault({ op: 'tokenAboutToExpire', identity: 'alice' }), 1, 'sockets met');
    await told;
    await alice.updateToken(await stage.token('alice', 1800));
    same(states, []);
    await alice.createConversation();
  }),

  'is denied when its token expires, and a new token given at once brings it back': unpromised(
    async (stage) => {
      const {
        clients: [alice],
        views: [mine],
      } = await stage.share('alice');
      const fresh = await stage.token('alice', 1800);
      const expired = tokenExpired(alice!);
      const denied = reaches(alice!, 'denied');
      same(await stage.fault({ op: 'expireToken', identity: 'alice', how: 'drop' }), 1, 'sockets met');
      await expired;
      await denied;
      const back = reaches(alice!, 'connected');
      await alice!.updateToken(fresh);
      await back;
      same(await mine!.sendMessage('back'), 0);
    },
  ),

  'stays away after close 410, where a token given too early is lost and the next one helps': unpromised(
    async (stage) => {
      const {
        clients: [alice],
        views: [mine],
      } = await stage.share('alice');
      const [early, later] = await Promise.all([stage.token('alice', 1800), stage.token('alice', 1900)]);
      const expired = tokenExpired(alice!);
      const disconnected = reaches(alice!, 'disconnected');
      await stage.fault({ op: 'expireToken', identity: 'alice', how: 'close410' });
      await expired;
      same(alice!.connectionState, 'disconnecting');
      let settled = false;
      const settle = () => {
        settled = true;
      };
      alice!.updateToken(early).then(settle, settle);
      await disconnected;
      // The SDK has noted the token and forgotten the call: the same token again changes nothing.
      await alice!.updateToken(early);
      same([settled, alice!.connectionState], [false, 'disconnected']);
      const back = reaches(alice!, 'connected');
      await alice!.updateToken(later);
      await back;
      same(await mine!.sendMessage('back'), 0);
    },
  ),

  'is denied for a bad token on update, and recovers with a good one': unpromised(async (stage) => {
    const {
      clients: [alice],
      views: [mine],
    } = await stage.share('alice');
    const denied = reaches(alice!, 'denied');
    await rejection(alice!.updateToken(await stage.token('bob')), 'another identity’s token');
    await denied;
    const back = reaches(alice!, 'connected');
    await alice!.updateToken(await stage.token('alice', 1800));
    await back;
    same(await mine!.sendMessage('recovered'), 0);
  }),

  'is denied from the start with a token that has expired, and says so': unpromised(async (stage) => {
    const client = stage.open(await stage.token('alice', -1));
    const expired = tokenExpired(client);
    const error = await next<{ terminal: boolean; httpStatusCode?: number; errorCode?: number }>(
      'connectionError',
      (hear) => client.on('connectionError', hear),
    );
    same([error.terminal, error.httpStatusCode, error.errorCode], [true, 401, 20104]);
    await expired;
  }),
} satisfies Record<string, Flow>;
