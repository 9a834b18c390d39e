import { createHistogram, performance } from 'node:perf_hooks';
import { connect, objectsOf } from './client.mjs';

/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {{ [figure: string]: number }} Figures what a scene measured; `missing` counts what was lost */

const body = 'x'.repeat(100);
const messagesOf = (conversation) => `/Client/v2/Conversations/${conversation}/Messages`;
const milliseconds = (nanoseconds) => nanoseconds / 1e6;

/** Works on all of `list`, so many at a time. @template T, R @param {T[]} list @param {number} atOnce @param {(one: T, index: number) => Promise<R>} work */
async function each(list, atOnce, work) {
  /** @type {R[]} */
  const results = new Array(list.length);
  const entries = list.entries();
  const worker = async () => {
    for (const [index, one] of entries) results[index] = await work(one, index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

const until = async (condition, patience = 30_000) => {
  const end = performance.now() + patience;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
};

/**
 * Chats of two, a visitor and an agent: every socket always has one message under way, both hear of each.
 *
 * @param {Subject} subject @param {{ sockets: number, warmUp: number, seconds: number, perSecond?: number, name?: string }} size
 *   `perSecond` holds the load down to so many messages in all
 * @returns {Promise<Figures>}
 */
export async function acknowledged(subject, { sockets, warmUp, seconds, perSecond = 0, name = 'chat' }) {
  const pairs = await each(Array.from({ length: sockets / 2 }), 8, async (_, pair) => {
    const identities = [`${name}-visitor-${pair}`, `${name}-agent-${pair}`];
    return { identities, sid: await subject.conversation(identities), sent: 0, heard: 0 };
  });
  const members = pairs.flatMap((pair) => pair.identities.map((identity) => ({ identity, pair })));
  const clients = await each(members, 8, async ({ identity, pair }) => {
    const client = await connect(subject.url, subject.token(identity), ({ type }) => {
      if (type === 'list_item_added') pair.heard += 1;
    });
    await client.subscribe(await objectsOf(client, pair.sid));
    return { client, pair };
  });

  const histogram = createHistogram();
  let measured = 0;
  let measuring = false;
  let going = true;
  const pause = perSecond > 0 ? (1000 * sockets) / perSecond : 0;
  const talk = async ({ client, pair }, index) => {
    let due = performance.now() + (pause * index) / sockets;
    while (going) {
      if (pause > 0) {
        const wait = due - performance.now();
        due += pause;
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      }
      const began = process.hrtime.bigint();
      await client.request('POST', messagesOf(pair.sid), { body, attributes: '{}' });
      pair.sent += 1;
      if (!measuring) continue;
      measured += 1;
      histogram.record(process.hrtime.bigint() - began);
    }
  };
  const talking = Promise.all(clients.map(talk));
  await new Promise((resolve) => setTimeout(resolve, warmUp * 1000));
  const before = await subject.usage();
  const ownBefore = process.cpuUsage();
  measuring = true;
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  measuring = false;
  const took = (performance.now() - began) / 1000;
  const own = process.cpuUsage(ownBefore);
  const after = await subject.usage();
  going = false;
  await talking;

  await until(() => pairs.every(({ sent, heard }) => heard === 2 * sent));
  const kept = await each(pairs, 8, ({ sid }) => subject.kept(sid));
  let missing = 0;
  for (const [index, { sent, heard }] of pairs.entries()) {
    missing += Math.abs(2 * sent - heard) + Math.abs((kept[index] ?? sent) - sent);
  }
  await Promise.all(clients.map(({ client }) => client.close()));
  return {
    messagesPerSecond: measured / took,
    p50: milliseconds(histogram.percentile(50)),
    p99: milliseconds(histogram.percentile(99)),
    serverMicrosecondsPerMessage: (after.cpuMicroseconds - before.cpuMicroseconds) / measured,
    loadBusy: (own.user + own.system) / 1e6 / took,
    missing,
  };
}

/** One writes, all in one conversation hear. @param {Subject} subject @param {{ participants: number, messages: number }} size */
export async function fanOut(subject, { participants, messages }) {
  const identities = Array.from({ length: participants }, (_, index) => `member-${index}`);
  const sid = await subject.conversation(identities);
  let heard = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let all = () => {};
  const clients = await each(identities, 8, async (identity) => {
    const client = await connect(subject.url, subject.token(identity), ({ type }) => {
      if (type === 'list_item_added' && ++heard === wanted) all();
    });
    await client.subscribe(await objectsOf(client, sid));
    return client;
  });
  const histogram = createHistogram();
  const began = performance.now();
  for (let count = 0; count < messages; count += 1) {
    wanted = participants * (count + 1);
    const everybody = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${wanted - heard} pushes were lost`)), 30_000);
      all = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    const sent = process.hrtime.bigint();
    await Promise.all([clients[0]?.request('POST', messagesOf(sid), { body, attributes: '{}' }), everybody]);
    histogram.record(process.hrtime.bigint() - sent);
  }
  const took = (performance.now() - began) / 1000;
  await Promise.all(clients.map((client) => client.close()));
  return {
    pushesPerSecond: (2 * participants * messages) / took,
    p50: milliseconds(histogram.percentile(50)),
    p99: milliseconds(histogram.percentile(99)),
    missing: participants * messages - heard,
  };
}

/** The whole history of a conversation, back from its end. @param {Subject} subject @param {{ messages: number, page: number }} size */
export async function paging(subject, { messages, page }) {
  const sid = await subject.conversation(['reader']);
  const client = await connect(subject.url, subject.token('reader'));
  await each(Array.from({ length: messages }), 32, () =>
    client.request('POST', messagesOf(sid), { body, attributes: '{}' }),
  );
  const [list] = await objectsOf(client, sid);
  const histogram = createHistogram();
  const seen = new Set();
  const began = performance.now();
  for (let from, more = true; more; ) {
    const asked = process.hrtime.bigint();
    const params = { Order: 'desc', PageSize: page, ...(from !== undefined && { From: from }) };
    const reply = await client.request('GET', `/v3/Services/IS/Lists/${list?.sid}/Items`, undefined, params);
    const { items, meta } = reply.body();
    histogram.record(process.hrtime.bigint() - asked);
    for (const { index } of items) seen.add(index);
    // Inclusive, as the SDK asks: the boundary item comes twice.
    from = items.at(-1)?.index;
    more = meta.next_token !== null;
  }
  const took = (performance.now() - began) / 1000;
  await client.close();
  return {
    messagesPerSecond: seen.size / took,
    pageP50: milliseconds(histogram.percentile(50)),
    pageP99: milliseconds(histogram.percentile(99)),
    missing: messages - seen.size,
  };
}

/**
 * All sockets are cut, something is written while they are away, and all come back in the same moment: connected,
 * authenticated, subscribed, and told what they missed.
 *
 * @param {Subject} subject @param {{ sockets: number, perConversation: number }} size
 */
export async function storm(subject, { sockets, perConversation }) {
  const rooms = await each(Array.from({ length: sockets / perConversation }), 8, async (_, room) => {
    const identities = Array.from({ length: perConversation }, (__, seat) => `guest-${room}-${seat}`);
    return { identities, sid: await subject.conversation(['writer', ...identities]) };
  });
  const writer = await connect(subject.url, subject.token('writer'));
  const guests = rooms.flatMap(({ identities, sid }) =>
    identities.map((identity) => ({ sid, token: subject.token(identity) })),
  );
  const first = await each(guests, 16, async ({ sid, token }) => {
    const client = await connect(subject.url, token);
    const objects = await objectsOf(client, sid);
    await client.subscribe(objects);
    return { client, objects };
  });
  await Promise.all(first.map(({ client }) => client.close()));
  await each(rooms, 16, ({ sid }) => writer.request('POST', messagesOf(sid), { body, attributes: '{}' }));

  const storing = (await subject.kept(rooms[0]?.sid ?? '')) !== null;
  const histogram = createHistogram();
  let failed = 0;
  let heard = 0;
  const began = process.hrtime.bigint();
  const back = await Promise.all(
    guests.map(async ({ token }, index) => {
      try {
        const client = await connect(subject.url, token, ({ type }) => {
          if (type === 'list_item_added') heard += 1;
        });
        await client.subscribe(first[index]?.objects ?? []);
        histogram.record(process.hrtime.bigint() - began);
        return client;
      } catch {
        failed += 1;
        return undefined;
      }
    }),
  );
  const took = Number(process.hrtime.bigint() - began);
  // Replays come before "established", so whoever is back has heard all.
  await Promise.all([writer.close(), ...back.map((client) => client?.close())]);
  return {
    allBackMilliseconds: milliseconds(took),
    p50: milliseconds(histogram.percentile(50)),
    p99: milliseconds(histogram.percentile(99)),
    missing: failed + (storing ? Math.abs(guests.length - heard) : 0),
  };
}

/** Sockets that are open and quiet. @param {Subject} subject @param {{ sockets: number }} size */
export async function openSockets(subject, { sockets }) {
  const before = await subject.usage();
  const began = performance.now();
  const clients = await each(Array.from({ length: sockets }), 64, (_, index) =>
    connect(subject.url, subject.token(`quiet-${index}`)),
  );
  const took = performance.now() - began;
  const after = await subject.usage();
  // Each is asked for a word: an open socket that nobody answers on is not one.
  const answers = await each(clients, 64, (client) =>
    client.request('GET', '/Client/v2/Configuration').then(
      () => 1,
      () => 0,
    ),
  );
  const alive = answers.reduce((sum, one) => sum + one, 0);
  await Promise.all(clients.map((client) => client.close()));
  return {
    open: alive,
    openedPerSecond: (1000 * sockets) / took,
    heapBytesPerSocket: (after.heapUsed + after.external - before.heapUsed - before.external) / sockets,
    rssBytesPerSocket: (after.rss - before.rss) / sockets,
    missing: sockets - alive,
  };
}
