import type { Duplex } from 'node:stream';
import type { Message } from '@twilio/conversations';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.js';
import { addMessage } from '../conversations/add-message.js';
import { addParticipant } from '../conversations/add-participant.js';
import { configureService } from '../conversations/configure-service.js';
import { removeMessage } from '../conversations/remove-message.js';
import { removeParticipant } from '../conversations/remove-participant.js';
import { updateConversation } from '../conversations/update-conversation.js';
import { updateMessage } from '../conversations/update-message.js';
import { isObject, type JsonObject } from '../json.js';
import { createRandom } from '../trouble/random.js';
import { encodeFrame } from '../twilsock/frames.js';
import { conversationEvent } from './flows/events.js';
import { openRawClient, type RawClient } from './raw-client.js';
import { next, type Service, shareConversation, startService } from './service.js';

const by = { source: 'API', webhooksEnabled: false } as const;
const indexes = (client: RawClient): unknown[] =>
  client.notifications.flatMap(([, { event }]) =>
    isObject(event) && 'item_index' in event ? [event.item_index] : [],
  );

/** A conversation whose members listen to its messages on raw sockets. */
async function room(service: Service, ...identities: string[]) {
  const owner = await service.connect('owner');
  const [conversation] = await shareConversation(owner);
  const { sid } = conversation!;
  const sockets = [];
  for (const identity of identities) {
    addParticipant(service.domain, { by, conversationSid: sid, identity });
    const raw = await openRawClient(service);
    await raw.init(identity);
    const list = (await raw.request('GET', `/v3/Lists/${sid}.messages`)).body as { sid: string };
    const requests = [{ object_sid: list.sid, object_type: 'list', last_event_id: 0 }];
    await raw.request('POST', '/v4/Subscriptions', { action: 'establish', correlation_id: 1, requests });
    await raw.notification(({ event_type }) => event_type === 'subscription_established');
    sockets.push(raw);
  }
  const say = (body: string) => addMessage(service.domain, { by, conversationSid: sid, body });
  const said = () => service.domain.store.messages.page(sid, { limit: 100 }).map(({ row }) => row.body);
  return { sid, sockets, say, said };
}
const post = (id: string, conversationSid: string, body: string): Buffer =>
  encodeFrame(
    {
      id,
      method: 'message',
      http_request: {
        host: 'any',
        path: `/Client/v2/Conversations/${conversationSid}/Messages`,
        method: 'POST',
        params: {},
        headers: {},
      },
    },
    JSON.stringify({ body }),
  );
/** Frames that arrive in one piece, so that one turn takes all of them. */
function atOnce(client: RawClient, ...frames: Buffer[]): void {
  const wire: Duplex = Reflect.get(client.socket, '_socket');
  wire.cork();
  for (const frame of frames) client.socket.send(frame);
  wire.uncork();
}

/** How many frames have left for an identity, by the log. */
async function sentTo(service: Service, identity: string): Promise<number> {
  const { accountSid, authToken } = service.credentials;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const log = await fetch(`${service.restUrl}/_emulator/log`, { headers: { authorization } });
  const entries = (await log.text())
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  return entries.filter((one) => isObject(one) && one.direction === 'out' && one.identity === identity)
    .length;
}

describe('a cut around one write of several that came in one turn', () => {
  it.each([
    ['beforeWrite', ['0'], ['reply:0']],
    ['afterWrite', ['0', '1'], ['reply:0']],
    ['afterReply', ['0', '1'], ['reply:0', 'reply:1']],
  ] as const)('%s: %j is kept, and %j was answered', async (when, kept, answered) => {
    const service = await startService();
    const { sid, sockets, said } = await room(service, 'alice', 'bob');
    const [alice, bob] = sockets as [RawClient, RawClient];
    service.faults.dropAround(when, { identity: 'alice', path: '/Messages', nth: 2 });
    const before = alice.order.length;
    const sentBefore = await sentTo(service, 'alice');
    atOnce(alice, post('0', sid, '0'), post('1', sid, '1'));
    await alice.closed;
    expect(said()).toEqual(kept);
    expect(alice.order.slice(before).filter((one) => one.startsWith('reply'))).toEqual(answered);
    // Of a write whose reply was cut off, its writer hears nothing at all; everybody else does.
    expect(indexes(alice)).toEqual(Array.from(answered, (_, index) => index));
    expect((await sentTo(service, 'alice')) - sentBefore).toBe(2 * answered.length);
    await bob.request('GET', '/Client/v2/Configuration');
    expect(indexes(bob)).toEqual(Array.from(kept, (_, index) => index));
  });

  it('meets push registrations too, and neither subscriptions nor typing', async () => {
    const service = await startService();
    const { sid, sockets } = await room(service, 'alice');
    const [alice] = sockets as [RawClient];
    service.faults.dropAround('afterWrite', { identity: 'alice' });
    const requests: JsonObject[] = [];
    await alice.request('POST', '/v4/Subscriptions', { action: 'cancel', correlation_id: 2, requests });
    await alice.request('POST', '/Client/v2/Typing', `ChannelSid=${sid}`);
    void alice.request('POST', '/v1/registrations', {
      endpoint_platform: 'x',
      channel_type: 'fcm',
      message_types: [],
      data: { registration_id: 'phone' },
    });
    await alice.closed;
    expect(service.domain.store.pushRegistrations.ofIdentity('alice')).toHaveLength(1);
  });
});

describe('the end of an emulator', () => {
  it('comes at once, whatever is wrong with its sockets', async () => {
    const service = await startService();
    const { sockets, say } = await room(service, 'deaf', 'waiting', 'late', 'disordered');
    const [deaf, waiting, late] = sockets as [RawClient, RawClient, RawClient];
    service.faults.halfOpen(true, 'deaf');
    service.faults.pauseReplies(true, 'waiting');
    service.faults.latency(60_000, { identity: 'late' });
    service.faults.disorder({ reorder: 5, minMs: 60_000, maxMs: 60_000, identity: 'disordered' });
    for (const one of [deaf, waiting, late]) void one.request('GET', '/Client/v2/Configuration');
    say('heard on one socket only');
    await waiting.notification(({ event_type }) => event_type === 'list_item_added');
    service.faults.close({ code: 308, identity: 'late' });
    await service.close();
    for (const one of sockets) await one.closed;
    expect(sockets.map(indexes)).toEqual([[], [0], [], []]);
  });
});

describe('what the sockets brought before the store was emptied', () => {
  it('is not done in the emptied one', async () => {
    let armed = false;
    // The frame is noted, with its time, in the turn that takes it in.
    const clock = {
      now() {
        if (armed) process.nextTick(() => service.reset());
        armed = false;
        return systemClock.now();
      },
    };
    const service = await startService({}, { clock });
    const raw = await openRawClient(service);
    await raw.init('alice');
    armed = true;
    void raw.request('POST', '/Client/v2/Conversations', {});
    await raw.closed;
    const { store, serviceSid } = service.domain;
    await new Promise((resolve) => setImmediate(resolve));
    expect(store.conversations.page(serviceSid, { limit: 10 })).toEqual([]);
  });
});

describe('a socket that ends while the store cannot write', () => {
  it('ends, and the log says what was not kept', async () => {
    const lines: string[] = [];
    const service = await startService({ log: (line) => lines.push(line) });
    configureService(service.domain, { reachabilityEnabled: true });
    const raw = await openRawClient(service);
    await raw.init('alice');
    service.domain.store.reachability.put = () => {
      throw new Error('disk full');
    };
    service.faults.drop('alice');
    await raw.closed;
    expect(lines).toContain('Who has gone offline was not kept: disk full');
  });
});

describe('chance', () => {
  const plan = { reorder: 4, duplicate: 0.3, keep: 'nothing' } as const;
  const heardWith = async (seed: number) => {
    const service = await startService();
    const { sockets, say } = await room(service, 'bob', 'carol');
    // The owner's SDK subscribes when it likes, and what it is told would be drawn for, too.
    for (const identity of ['bob', 'carol']) service.faults.disorder({ ...plan, identity });
    service.faults.seed(seed);
    for (let index = 0; index < 30; index += 1) say(String(index));
    // What waits goes in its order, so that no clock has a say.
    service.faults.disorder({});
    for (const one of sockets) await one.request('GET', '/Client/v2/Configuration');
    return sockets.map(indexes);
  };

  it('decides the same with the same seed for the same events, and otherwise with another', async () => {
    const [once, again, other] = [await heardWith(7), await heardWith(7), await heardWith(8)];
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
    for (const heard of [...once, ...other]) {
      expect(heard.length).toBeGreaterThan(30);
      expect(new Set(heard)).toEqual(new Set(Array(30).keys()));
      expect(heard).not.toEqual([...heard].sort((a, b) => Number(a) - Number(b)));
    }
  });
});

describe('events that overtake their own predecessors, and the official SDK', () => {
  /** A seed whose first draw of `count` is the last. */
  const lastFirst = (count: number): number => {
    let seed = 0;
    while (createRandom(seed).below(count) !== count - 1) seed += 1;
    return seed;
  };
  /** Bob, whose next `count` events the last of them overtakes. */
  async function overtaken(count: number) {
    const service = await startService();
    const [alice, bob] = await Promise.all([service.connect('alice'), service.connect('bob')]);
    const [mine, theirs] = await shareConversation(alice, bob);
    const { sid } = mine!;
    const added: number[] = [];
    const begun = next<Message>('the first message', (hear) => theirs!.on('messageAdded', hear));
    await mine!.sendMessage('first');
    await begun;
    theirs!.on('messageAdded', ({ index }) => added.push(index));
    service.faults.seed(lastFirst(count));
    service.faults.disorder({ reorder: count - 1, keep: 'nothing', identity: 'bob' });
    /** Lets go what waits, and comes back when Bob has heard of it. */
    const settle = async () => {
      service.faults.disorder({ identity: 'bob' });
      const last = next<Message>('the last message', (hear) => theirs!.on('messageAdded', hear));
      await mine!.sendMessage('last');
      await last;
    };
    return { service, domain: service.domain, bob, theirs: theirs!, sid, added, settle };
  }

  it('ignores an older update of a document', async () => {
    const { domain, theirs, sid, settle } = await overtaken(2);
    const names: (string | null)[] = [];
    theirs.on('updated', ({ conversation, updateReasons }) => {
      if (updateReasons.includes('friendlyName')) names.push(conversation.friendlyName);
    });
    for (const friendlyName of ['older', 'newer']) updateConversation(domain, { by, sid, friendlyName });
    await settle();
    expect([names, theirs.friendlyName]).toEqual([['newer'], 'newer']);
  });

  it('keeps an update without its addition, which then is too old, and tells neither', async () => {
    const { domain, theirs, sid, added, settle } = await overtaken(3);
    const updated: string[] = [];
    theirs.on('messageUpdated', ({ message }) => updated.push(message.body ?? ''));
    const message = addMessage(domain, { by, conversationSid: sid, body: 'added' });
    updateMessage(domain, { by, conversationSid: sid, sid: message.sid, body: 'edited' });
    await settle();
    expect([added, updated]).toEqual([[2], []]);
    expect((await theirs.getMessages()).items.map(({ body }) => body)).toEqual(['first', 'edited', 'last']);
  });

  it('ignores the addition of what was removed already', async () => {
    const { domain, theirs, sid, added, settle } = await overtaken(3);
    const message = addMessage(domain, { by, conversationSid: sid, body: 'added' });
    removeMessage(domain, { by, conversationSid: sid, sid: message.sid });
    await settle();
    expect(added).toEqual([2]);
    expect((await theirs.getMessages()).items.map(({ body }) => body)).toEqual(['first', 'last']);
  });

  it('believes a removal that comes late: who was added again has left, until the list is asked for', async () => {
    const { service, domain, bob, sid } = await overtaken(2);
    const left = conversationEvent(bob, 'conversationLeft', sid);
    const gone = conversationEvent(bob, 'conversationRemoved', sid);
    removeParticipant(domain, { by, conversationSid: sid, sid: 'bob' });
    addParticipant(domain, { by, conversationSid: sid, identity: 'bob' });
    service.faults.disorder({ identity: 'bob' });
    await left;
    await gone;
    expect(domain.store.participants.byIdentity(sid, 'bob')).toBeDefined();
    // Whoever asks for the list gets it back.
    expect((await bob.getSubscribedConversations()).items.map((one) => one.sid)).toEqual([sid]);
  });

  it('hears on in order when it was taken out and added again in one go', async () => {
    const { service, domain, bob, sid } = await overtaken(2);
    service.faults.reset();
    const joined = conversationEvent(bob, 'conversationJoined', sid);
    removeParticipant(domain, { by, conversationSid: sid, sid: 'bob' });
    addParticipant(domain, { by, conversationSid: sid, identity: 'bob' });
    const again = await joined;
    await again.getMessages();
    const heard = next<Message>('a message', (hear) => bob.on('messageAdded', hear));
    addMessage(domain, { by, conversationSid: sid, body: 'welcome back' });
    expect((await heard).body).toBe('welcome back');
  });
});
