import { createHmac, randomUUID } from 'node:crypto';
import { createEmulator } from '@conversations-web-chat/emulator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type {
  Connection,
  LinkState,
  RemoteConversation,
  RemoteMessage,
  RemoteParticipant,
} from './connection.js';
import { createFakeClock, createFakeService, makeFakeToken } from './testing.js';
import { createTwilioConnection } from './twilio-connection.js';

/** A chat service of either kind, as the suite needs it. */
interface Service {
  connect(
    identity: string,
    token?: string,
  ): { connection: Connection; states: LinkState[]; expired: () => boolean };
  token(identity: string, seconds?: number): string;
  add(sid: string, author: string, body: string): Promise<void>;
  /** A message with the content of `satisfaction`, a quick reply. */
  addRich(sid: string, author: string): Promise<void>;
  join(sid: string, identity: string, attributes: object): Promise<void>;
  describe(sid: string, identity: string, attributes: object): Promise<void>;
  leave(sid: string, identity: string): Promise<void>;
  setAttributes(sid: string, attributes: Record<string, unknown>): Promise<void>;
  edit(sid: string, index: number, body: string): Promise<void>;
  remove(sid: string, index: number): Promise<void>;
  close(sid: string): Promise<void>;
  delete(sid: string): Promise<void>;
  drop(): void;
  refuse(on: boolean): void;
  /** Waits until `check` holds. */
  until(check: () => boolean): Promise<void>;
  /** The next upload fails, after it has begun. */
  breakUpload(how: 'busy' | 'refused'): void;
  /** The content behind an address of `mediaUrl`; `null` when it cannot be told here. */
  download(url: string): Promise<string | null>;
  /** Lets answers on their way arrive. */
  during<T>(work: Promise<T>): Promise<T>;
  end(): Promise<void>;
}

async function fakeService(): Promise<Service> {
  const clock = createFakeClock();
  const service = createFakeService(clock);
  const until = async (check: () => boolean): Promise<void> => {
    for (let step = 0; !check(); step += 1) {
      if (step > 600) throw new Error('It never came true.');
      await clock.advance(100);
    }
  };
  return {
    token: (identity, seconds = 3_600) => {
      return makeFakeToken(identity, { jti: randomUUID(), exp: clock.now() / 1_000 + seconds });
    },
    connect(identity, token = makeFakeToken(identity)) {
      const states: LinkState[] = [];
      let expired = false;
      const connection = service.connect({
        token,
        events: {
          link: (state) => states.push(state),
          tokenExpiring() {},
          tokenExpired() {
            expired = true;
          },
        },
      });
      return { connection, states, expired: () => expired };
    },
    add: async (sid, author, body) => void service.add(sid, author, body),
    addRich: async (sid, author) => void service.addRich(sid, author, satisfaction),
    join: async (sid, identity, attributes) => service.join(sid, identity, attributes),
    describe: async (sid, identity, attributes) => service.describe(sid, identity, attributes),
    leave: async (sid, identity) => service.leave(sid, identity),
    setAttributes: async (sid, attributes) => service.setAttributes(sid, attributes),
    edit: async (sid, index, body) => service.edit(sid, index, body),
    remove: async (sid, index) => service.remove(sid, index),
    close: async (sid) => service.close(sid),
    delete: async (sid) => service.delete(sid),
    drop: service.drop,
    refuse: service.refuse,
    breakUpload: (how) => service.fail('upload', how),
    download: async () => null,
    until,
    async during(work) {
      let done = false;
      const settled = work.finally(() => {
        done = true;
      });
      settled.catch(() => {});
      await until(() => done);
      return settled;
    },
    end: async () => {},
  };
}

async function emulatorService(): Promise<Service> {
  const emulator = await createEmulator();
  const { credentials } = emulator;
  const open: Connection[] = [];
  const rest = async (method: string, path: string, fields?: Record<string, string>) => {
    const response = await fetch(`${emulator.restUrl}/v1/Conversations/${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${credentials.accountSid}:${credentials.authToken}`).toString('base64')}`,
      },
      ...(fields && { body: new URLSearchParams(fields) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204
      ? {}
      : ((await response.json()) as { messages?: { sid: string; index: number }[] });
  };
  const sidOf = async (sid: string, index: number): Promise<string> => {
    const { messages = [] } = await rest('GET', `${sid}/Messages?PageSize=100`);
    return messages.find((message) => message.index === index)?.sid ?? '';
  };
  const token = (identity: string, seconds = 3_600): string => {
    const now = Math.floor(Date.now() / 1_000);
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${part({ typ: 'JWT', alg: 'HS256', cty: 'twilio-fpa;v=1' })}.${part({
      jti: `${credentials.apiKeySid}-${randomUUID()}`,
      iss: credentials.apiKeySid,
      sub: credentials.accountSid,
      iat: now,
      exp: now + seconds,
      grants: { identity, chat: { service_sid: credentials.serviceSid } },
    })}`;
    return `${unsigned}.${createHmac('sha256', credentials.apiKeySecret).update(unsigned).digest('base64url')}`;
  };
  return {
    token,
    connect(identity, jwt = token(identity)) {
      const states: LinkState[] = [];
      let expired = false;
      const connection = createTwilioConnection(
        {
          token: jwt,
          realtimeUrl: emulator.wsUrl,
          events: {
            link: (state) => states.push(state),
            tokenExpiring() {},
            tokenExpired() {
              expired = true;
            },
          },
        },
        { min: 50, max: 200, randomness: 0 },
      );
      open.push(connection);
      return { connection, states, expired: () => expired };
    },
    add: async (sid, Author, Body) => void (await rest('POST', `${sid}/Messages`, { Author, Body })),
    addRich: async (sid, Author) => {
      const ContentSid = 'HX00000000000000000000000000000003';
      await rest('POST', `${sid}/Messages`, { Author, ContentSid });
    },
    join: async (sid, Identity, attributes) => {
      await rest('POST', `${sid}/Participants`, { Identity, Attributes: JSON.stringify(attributes) });
    },
    describe: async (sid, identity, attributes) => {
      const Attributes = JSON.stringify(attributes);
      await rest('POST', `${sid}/Participants/${identity}`, { Attributes });
    },
    leave: async (sid, identity) => void (await rest('DELETE', `${sid}/Participants/${identity}`)),
    setAttributes: async (sid, attributes) => {
      await rest('POST', sid, { Attributes: JSON.stringify(attributes) });
    },
    edit: async (sid, index, Body) => {
      await rest('POST', `${sid}/Messages/${await sidOf(sid, index)}`, { Body, Author: 'bot' });
    },
    remove: async (sid, index) => void (await rest('DELETE', `${sid}/Messages/${await sidOf(sid, index)}`)),
    close: async (sid) => void (await rest('POST', sid, { State: 'closed' })),
    delete: async (sid) => void (await rest('DELETE', sid)),
    breakUpload: (how) =>
      emulator.faults.answer({ status: how === 'refused' ? 413 : 503, method: 'POST', path: '/Media' }),
    download: async (url) => (await fetch(url)).text(),
    drop: () => emulator.faults.drop(),
    refuse(on) {
      emulator.faults.refuse(on);
      if (on) emulator.faults.drop();
    },
    async until(check) {
      const start = Date.now();
      while (!check()) {
        if (Date.now() - start > 15_000) throw new Error('It never came true.');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    during: (work) => work,
    async end() {
      await Promise.all(open.map((connection) => connection.close()));
      await emulator.close();
    },
  };
}

const satisfaction = {
  type: 'quickReply',
  body: 'Hi there, did that help?',
  replies: [
    { title: 'Yes', id: 'yes' },
    { title: 'Not quite', id: 'no' },
  ],
};

describe.each([
  ['the fake service', fakeService],
  ['the SDK and the emulator', emulatorService],
])('a connection by %s', { timeout: 30_000 }, (_, start) => {
  let service: Service;
  beforeEach(async () => {
    service = await start();
  });
  afterEach(() => service.end());

  async function join(identity = 'ada', uniqueName = 'room') {
    const { connection, states, expired } = service.connect(identity);
    await service.during(connection.ready());
    const conversation = await service.during(connection.create({ uniqueName }));
    return { connection, conversation, states, expired };
  }

  function listenTo(conversation: RemoteConversation) {
    const heard = {
      added: [] as RemoteMessage[],
      updated: [] as RemoteMessage[],
      removed: [] as number[],
      typing: [] as [string, boolean][],
      ended: [] as string[],
      joined: [] as RemoteParticipant[],
      left: [] as RemoteParticipant[],
      moved: [] as RemoteParticipant[],
      attributes: [] as unknown[],
    };
    const stop = conversation.listen({
      messageAdded: (message) => heard.added.push(message),
      messageUpdated: (message) => heard.updated.push(message),
      messageRemoved: ({ index }) => heard.removed.push(index),
      typing: (identity, on) => heard.typing.push([identity, on]),
      participantJoined: (participant) => heard.joined.push(participant),
      participantLeft: (participant) => heard.left.push(participant),
      participantUpdated: (participant) => heard.moved.push(participant),
      attributesChanged: (attributes) => heard.attributes.push(attributes),
      ended: (reason) => heard.ended.push(reason),
    });
    return { ...heard, stop };
  }

  test('is ready, and says so once it is connected', async () => {
    const { connection, states } = service.connect('ada');
    await service.during(connection.ready());
    await service.until(() => states.at(-1) === 'connected');
  });

  test('makes a conversation once under one name, and opens it again by its SID', async () => {
    const { connection, conversation } = await join();
    const second = await service.during(connection.create({ uniqueName: 'room' }));
    const opened = await service.during(connection.open(conversation.sid));
    expect(second.sid).toBe(conversation.sid);
    expect(opened.sid).toBe(conversation.sid);
    expect(opened.closed).toBe(false);
  });

  test('tells a conversation that is not there from one that is somebody else’s', async () => {
    const { conversation } = await join('ada');
    const other = await join('bob', 'elsewhere');
    await expect(service.during(other.connection.open(conversation.sid))).rejects.toMatchObject({
      name: 'ConnectionError',
      code: 'not_a_participant',
    });
    await expect(service.during(other.connection.open(`CH${'0'.repeat(32)}`))).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('does not enter somebody else’s conversation by its name', async () => {
    await join('ada', 'room');
    const bob = await join('bob', 'elsewhere');
    await expect(service.during(bob.connection.create({ uniqueName: 'room' }))).rejects.toMatchObject({
      code: expect.stringMatching(/not_found|not_a_participant/),
    });
  });

  test('does not enter what somebody else made under its name, even where it was let in', async () => {
    const { conversation } = await join('ada', 'room');
    await service.add(conversation.sid, 'ada', 'a trap');
    await service.join(conversation.sid, 'bob', {});
    const bob = await join('bob', 'elsewhere');
    const opened = await service.during(bob.connection.open(conversation.sid));
    expect(opened.sid).toBe(conversation.sid);
    await expect(service.during(bob.connection.create({ uniqueName: 'room' }))).rejects.toMatchObject({
      code: 'not_a_participant',
    });
  });

  test('sends with attributes, gives the index, and hears its own message as others do', async () => {
    const { conversation } = await join();
    await service.during(conversation.page(30));
    const { added } = listenTo(conversation);
    const first = await service.during(conversation.send('one', { cid: 'c1' }));
    const second = await service.during(conversation.send('two', { cid: 'c2' }));
    expect([first.index, second.index]).toEqual([0, 1]);
    await service.until(() => added.length === 2);
    expect(added.map(({ index, author, body, attributes }) => [index, author, body, attributes])).toEqual([
      [0, 'ada', 'one', { cid: 'c1' }],
      [1, 'ada', 'two', { cid: 'c2' }],
    ]);
    expect(added[0]?.sid).toMatch(/^IM/);
  });

  test('hears others, and their edits and removals, until it is told to stop', async () => {
    const { conversation } = await join();
    await service.during(conversation.page(30));
    const { added, updated, removed, stop } = listenTo(conversation);
    await service.add(conversation.sid, 'bot', 'one');
    await service.add(conversation.sid, 'bot', 'two');
    await service.until(() => added.length === 2);
    await service.edit(conversation.sid, 0, 'ONE');
    await service.remove(conversation.sid, 1);
    await service.until(() => removed.length === 1 && updated.length > 0);
    expect(added.map(({ author, body }) => [author, body])).toEqual([
      ['bot', 'one'],
      ['bot', 'two'],
    ]);
    expect(updated.at(-1)).toMatchObject({ index: 0, body: 'ONE' });
    expect(updated.at(-1)?.updatedAt).toBeGreaterThanOrEqual(added[0]?.updatedAt ?? 0);
    expect(removed).toEqual([1]);
    stop();
    await service.add(conversation.sid, 'bot', 'three');
    const { messages } = await service.during(conversation.page(30));
    expect(messages.map(({ body }) => body)).toEqual(['ONE', 'three']);
    expect(added).toHaveLength(2);
  });

  test('pages backwards through everything, over gaps, while messages arrive', async () => {
    const { conversation } = await join();
    for (let count = 0; count < 47; count += 1) await service.add(conversation.sid, 'bot', `m${count}`);
    await service.remove(conversation.sid, 26);
    await service.remove(conversation.sid, 27);
    let page = await service.during(conversation.page(10));
    const all = [page.messages];
    while (page.hasOlder) {
      await service.add(conversation.sid, 'bot', `late ${all.length}`);
      page = await service.during(conversation.page(10, page.messages[0]?.index));
      all.unshift(page.messages);
    }
    const indexes = all.flat().map(({ index }) => index);
    const expected = Array.from({ length: 47 }, (__, index) => index).filter(
      (index) => index !== 26 && index !== 27,
    );
    expect(indexes).toEqual(expected);
  });

  test('has no older page before the first message, nor in an empty conversation', async () => {
    const { conversation } = await join();
    expect(await service.during(conversation.page(30))).toEqual({ messages: [], hasOlder: false });
    expect(await service.during(conversation.after(-1))).toEqual([]);
    await service.add(conversation.sid, 'bot', 'one');
    expect((await service.during(conversation.after(-1))).map(({ body }) => body)).toEqual(['one']);
    expect(await service.during(conversation.page(30, 0))).toMatchObject({ messages: [], hasOlder: false });
  });

  test('reads what came after an index, more than a page of it', async () => {
    const { conversation } = await join();
    for (let count = 0; count < 215; count += 1) await service.add(conversation.sid, 'bot', `m${count}`);
    const { messages } = await service.during(conversation.page(5));
    expect(messages.map(({ index }) => index)).toEqual([210, 211, 212, 213, 214]);
    const after = await service.during(conversation.after(2));
    expect(after.map(({ index }) => index)).toEqual(Array.from({ length: 212 }, (__, count) => count + 3));
    expect(await service.during(conversation.after(214))).toEqual([]);
  });

  test('reads no more than it is asked for after an index, and fewer only at the end', async () => {
    const { conversation } = await join();
    for (let count = 0; count < 120; count += 1) await service.add(conversation.sid, 'bot', `m${count}`);
    const read = async (index: number, limit: number): Promise<(number | undefined)[]> => {
      const messages = await service.during(conversation.after(index, limit));
      return [messages.length, messages[0]?.index, messages.at(-1)?.index];
    };
    expect(await read(-1, 7)).toEqual([7, 0, 6]);
    // Other lengths over the same place, which the SDK has in its cache by now.
    expect(await read(3, 110)).toEqual([110, 4, 113]);
    expect(await read(109, 10)).toEqual([10, 110, 119]);
    expect(await read(109, 11)).toEqual([10, 110, 119]);
    // Reading forward from the middle leaves what lies before it to be found.
    const page = await service.during(conversation.page(30, 60));
    expect(page.hasOlder).toBe(true);
    expect(page.messages.map(({ index }) => index)).toEqual(Array.from({ length: 30 }, (_, at) => at + 30));
  });

  test('finds its way from a stretch in the middle to the end and back, without a hole', async () => {
    const { conversation } = await join();
    for (let count = 0; count < 150; count += 1) await service.add(conversation.sid, 'bot', `m${count}`);
    const indexesOf = (messages: RemoteMessage[]) => messages.map(({ index }) => index);
    const span = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
    expect(indexesOf(await service.during(conversation.after(39, 20)))).toEqual(span(40, 60));
    const newest = await service.during(conversation.page(10));
    expect(indexesOf(newest.messages)).toEqual(span(140, 150));
    let first = 140;
    for (let page = newest; page.hasOlder; ) {
      page = await service.during(conversation.page(25, first));
      // The SDK may give one fewer than it was asked for.
      const begins = page.messages[0]?.index ?? 0;
      expect(begins).toBeLessThan(first);
      expect(indexesOf(page.messages)).toEqual(span(begins, first));
      first = begins;
    }
    expect(first).toBe(0);
    expect(indexesOf(await service.during(conversation.after(55, 50)))).toEqual(span(56, 106));
  });

  test('reads what was stored while the link was down, though no event told of it', async () => {
    const { conversation, states } = await join();
    await service.add(conversation.sid, 'bot', 'one');
    expect((await service.during(conversation.page(30))).messages).toHaveLength(1);
    for (let round = 1; round <= 5; round += 1) {
      const before = states.length;
      service.refuse(true);
      await service.until(() => states.slice(before).includes('connecting'));
      await service.add(conversation.sid, 'bot', `round ${round}`);
      service.refuse(false);
      // Right after the link is back, before anything can have been replayed.
      await service.until(() => states.at(-1) === 'connected');
      const missed = await service.during(conversation.after(round - 1));
      expect(missed.map(({ body }) => body)).toEqual([`round ${round}`]);
    }
  });

  test('never queues: what is asked while there is no link was certainly not done', async () => {
    const { conversation, states } = await join();
    service.refuse(true);
    await service.until(() => states.at(-1) === 'connecting');
    await expect(service.during(conversation.send('no', {}))).rejects.toMatchObject({ code: 'not_sent' });
    service.refuse(false);
    await service.until(() => states.at(-1) === 'connected');
    expect(await service.during(conversation.after(-1))).toEqual([]);
  });

  test('says that it does not know when the link breaks under a send', async () => {
    const { conversation, states } = await join();
    const outcome = conversation.send('perhaps', { cid: 'c1' }).then(
      () => 'stored',
      (error: { code: string }) => error.code,
    );
    service.drop();
    const said = await service.during(outcome);
    expect(['stored', 'unknown_outcome', 'not_sent']).toContain(said);
    // Whatever it says is true.
    await service.until(() => states.includes('connecting') && states.at(-1) === 'connected');
    const stored = (await service.during(conversation.after(-1))).map(({ body }) => body);
    if (said === 'stored') expect(stored).toEqual(['perhaps']);
    if (said === 'not_sent') expect(stored).toEqual([]);
    expect(stored.length).toBeLessThanOrEqual(1);
  });

  /** Files of these sizes, how far they are, and a way to end it. */
  function uploadOf(sizes: readonly number[], heard: (place: number, share: number) => void = () => {}) {
    const controller = new AbortController();
    const steps: [number, number][] = [];
    let uploaded = 0;
    return {
      files: sizes.map((size, place) => {
        return {
          name: `file ${place}.txt`,
          type: 'text/plain',
          content: new Blob([`${place}`.repeat(size)]),
        };
      }),
      onProgress(place: number, share: number) {
        steps.push([place, share]);
        heard(place, share);
      },
      onUploaded() {
        uploaded += 1;
      },
      cancelled: controller.signal,
      cancel: () => controller.abort(),
      steps,
      uploaded: () => uploaded,
    };
  }

  test('sends files with a message, and says how far each of them is', async () => {
    const { conversation } = await join();
    await service.during(conversation.page(30));
    const { added } = listenTo(conversation);
    const upload = uploadOf([300_000, 1]);
    const { index } = await service.during(conversation.send('look', { cid: 'c1' }, upload));
    expect(index).toBe(0);
    expect(upload.uploaded()).toBe(1);
    for (const place of [0, 1]) {
      const shares = upload.steps.filter(([of]) => of === place).map(([, share]) => share);
      expect(shares).toEqual(shares.toSorted((one, other) => one - other));
      expect(shares.at(-1)).toBe(1);
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    }
    // Somewhere between nothing and all of it: the large one goes in pieces.
    expect(upload.steps.some(([place, share]) => place === 0 && share > 0 && share < 1)).toBe(true);
    await service.until(() => added.length === 1);
    expect(added[0]).toMatchObject({
      body: 'look',
      attributes: { cid: 'c1' },
      media: [
        { name: 'file 0.txt', type: 'text/plain', size: 300_000 },
        { name: 'file 1.txt', type: 'text/plain', size: 1 },
      ],
    });
  });

  test('sends a file without a text, and one that says nothing of its type', async () => {
    const { conversation } = await join();
    const { files, ...upload } = uploadOf([5]);
    const untyped = files.map((file) => ({ ...file, type: '' }));
    await service.during(conversation.send('', { cid: 'c1' }, { ...upload, files: untyped }));
    const [message] = await service.during(conversation.after(-1));
    expect(message).toMatchObject({ body: '', media: [{ name: 'file 0.txt', size: 5 }] });
  });

  test.each([0, 0.5, 1])('X9: an upload that is cancelled at %s leaves no message', async (share) => {
    const { conversation } = await join();
    const upload: ReturnType<typeof uploadOf> = uploadOf([300_000, 300_000], (place, at) => {
      if (place === 1 && at >= share) upload.cancel();
    });
    await expect(service.during(conversation.send('no', { cid: 'c1' }, upload))).rejects.toMatchObject({
      name: 'ConnectionError',
      code: 'not_sent',
    });
    expect(upload.uploaded()).toBe(0);
    // Nothing comes after it either.
    const steps = upload.steps.length;
    await service.during(conversation.send('yes', { cid: 'c2' }));
    expect((await service.during(conversation.after(-1))).map(({ body }) => body)).toEqual(['yes']);
    expect(upload.steps).toHaveLength(steps);
  });

  test('X9: one that is cancelled before it begins leaves none either', async () => {
    const { conversation } = await join();
    const upload = uploadOf([10]);
    upload.cancel();
    await expect(service.during(conversation.send('no', {}, upload))).rejects.toMatchObject({
      code: 'not_sent',
    });
    expect(await service.during(conversation.after(-1))).toEqual([]);
  });

  test('X9: one that is cancelled when all files are there, and the message is not gone, leaves none', async () => {
    const { conversation } = await join();
    const upload: ReturnType<typeof uploadOf> = uploadOf([10], (_, share) => {
      if (share === 1) queueMicrotask(() => upload.cancel());
    });
    const code = await service.during(conversation.send('no', {}, upload)).catch((error) => error.code);
    expect([code, upload.uploaded()]).toEqual(['not_sent', 0]);
    expect(await service.during(conversation.after(-1))).toEqual([]);
  });

  test('does not take a message back once its files are there', async () => {
    const { conversation } = await join();
    const upload = uploadOf([10]);
    const sending = conversation.send('yes', {}, { ...upload, onUploaded: () => upload.cancel() });
    expect(await service.during(sending)).toEqual({ index: 0 });
  });

  test.each(['busy', 'refused'] as const)(
    'tells a file that meets «%s», and leaves no message',
    async (how) => {
      const { conversation } = await join();
      service.breakUpload(how);
      const upload = uploadOf([10]);
      await expect(service.during(conversation.send('one', {}, upload))).rejects.toMatchObject({ code: how });
      expect(upload.uploaded()).toBe(0);
      expect(await service.during(conversation.after(-1))).toEqual([]);
      await service.during(conversation.send('one', {}, uploadOf([10])));
      expect(await service.during(conversation.after(-1))).toHaveLength(1);
    },
  );

  test('X10: gives a fresh address of a file each time, and none of what is not there', async () => {
    const { conversation } = await join();
    await service.during(conversation.send('look', {}, uploadOf([3])));
    const [message] = await service.during(conversation.after(-1));
    const mediaSid = message?.media[0]?.sid ?? '';
    const url = await service.during(conversation.mediaUrl(0, mediaSid));
    expect([null, '000']).toContain(await service.download(url));
    expect(await service.during(conversation.mediaUrl(0, mediaSid))).toMatch(/^http/);
    for (const [index, sid] of [
      [0, 'MEno'],
      [7, mediaSid],
    ] as const) {
      await expect(service.during(conversation.mediaUrl(index, sid))).rejects.toMatchObject({
        name: 'ConnectionError',
        code: 'not_found',
      });
    }
  });

  test('tells a closed conversation, and refuses to send to it for good', async () => {
    const { conversation } = await join();
    const { ended } = listenTo(conversation);
    await service.close(conversation.sid);
    await service.until(() => ended.length > 0);
    expect(ended[0]).toBe('conversation_closed');
    expect(conversation.closed).toBe(true);
    await expect(service.during(conversation.send('too late', {}))).rejects.toMatchObject({ code: 'closed' });
  });

  test('tells a deleted conversation, and does not find it again', async () => {
    const { connection, conversation } = await join();
    const { ended } = listenTo(conversation);
    await service.delete(conversation.sid);
    await service.until(() => ended.length > 0);
    expect(ended[0]).toBe('conversation_gone');
    await expect(service.during(connection.open(conversation.sid))).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('leaves a conversation: it is over for this identity, in every tab, and not for others', async () => {
    const { connection, conversation } = await join();
    const tab = service.connect('ada');
    await service.during(tab.connection.ready());
    const both = [conversation, await service.during(tab.connection.open(conversation.sid))];
    const heard = both.map(listenTo);
    for (const each of both) await service.during(each.page(1));
    // The SDK misses what happens before its subscriptions are there.
    await service.add(conversation.sid, 'bot', 'bye');
    await service.until(() => heard.every(({ added }) => added.length === 1));
    await service.during(conversation.leave());
    await service.until(() => heard.every(({ ended }) => ended.includes('conversation_gone')));
    await expect(service.during(connection.open(conversation.sid))).rejects.toMatchObject({
      code: 'not_a_participant',
    });
    await expect(service.during(conversation.send('?', { cid: 'c1' }))).rejects.toMatchObject({
      code: 'not_a_participant',
    });
  });

  test('leaves what is left or deleted already without a word, or says so', async () => {
    const { connection, conversation } = await join();
    const tab = service.connect('ada');
    await service.during(tab.connection.ready());
    const there = await service.during(tab.connection.open(conversation.sid));
    const other = await service.during(connection.create({ uniqueName: 'other' }));
    await service.during(conversation.leave());
    await service.delete(other.sid);
    // The SDK asks nobody when it has heard of it.
    const said = [there, other].map((each) =>
      each.leave().then(
        () => 'left',
        (error: { code: string }) => error.code,
      ),
    );
    expect(['left', 'not_a_participant']).toContain(await service.during(said[0] ?? Promise.resolve('')));
    expect(['left', 'not_found']).toContain(await service.during(said[1] ?? Promise.resolve('')));
  });

  test('takes a sign of typing', async () => {
    const { conversation } = await join();
    await service.during(conversation.typing());
  });

  test('keeps how far this visitor has read, which never goes back, and counts what follows', async () => {
    const { conversation } = await join();
    for (const body of ['zero', 'one', 'two', 'three']) await service.add(conversation.sid, 'bot', body);
    await service.remove(conversation.sid, 1);
    // The SDK itself says 0 of a conversation that it has just made, which would be the greeting. It has an answer
    // before it has the news of it, and keeps a count for half a second.
    const becomes = (what: () => Promise<number | undefined>, wanted: number): Promise<void> =>
      service.during(
        (async () => {
          while ((await what()) !== wanted) await new Promise((resolve) => setTimeout(resolve, 5));
        })(),
      );
    const readTo = async () => (await conversation.participants())[0]?.readTo;
    await becomes(readTo, -1);
    await becomes(conversation.unreadCount, 3);
    await service.during(conversation.markRead(2));
    await becomes(readTo, 2);
    await becomes(conversation.unreadCount, 1);
    await service.during(conversation.markRead(0));
    await service.during(conversation.send('mine', {}));
    await becomes(conversation.unreadCount, 2);
    await becomes(readTo, 2);
  });

  test('tells one tab of a visitor what was read in another', async () => {
    const { conversation } = await join();
    await service.add(conversation.sid, 'bot', 'one');
    const other = service.connect('ada');
    await service.during(other.connection.ready());
    const there = await service.during(other.connection.open(conversation.sid));
    const heard: [string | null, number][] = [];
    there.listen({
      messageAdded() {},
      messageUpdated() {},
      messageRemoved() {},
      typing() {},
      participantJoined() {},
      participantLeft() {},
      participantUpdated: ({ identity, readTo }) => heard.push([identity, readTo]),
      attributesChanged() {},
      ended() {},
    });
    // Whoever takes part is known to the SDK once it has been asked.
    await service.during(there.participants());
    await service.during(conversation.markRead(0));
    await service.until(() => heard.some(([identity, readTo]) => identity === 'ada' && readTo === 0));
  });

  test('says who takes part, and hears who joins, changes and leaves', async () => {
    const { conversation } = await join();
    const { joined, left, moved } = listenTo(conversation);
    const there = await service.during(conversation.participants());
    expect(there).toEqual([
      { identity: 'ada', sid: expect.stringMatching(/^MB/), attributes: {}, readTo: -1 },
    ]);
    await service.join(conversation.sid, 'agent', { name: 'Anna' });
    await service.until(() => joined.length > 0);
    expect(joined).toEqual([
      { identity: 'agent', sid: expect.stringMatching(/^MB/), attributes: { name: 'Anna' }, readTo: -1 },
    ]);
    await service.describe(conversation.sid, 'agent', { name: 'Bob' });
    await service.until(() =>
      moved.some(({ attributes }) => (attributes as { name: string }).name === 'Bob'),
    );
    const both = await service.during(conversation.participants());
    expect(both.map(({ identity, attributes }) => [identity, attributes])).toEqual([
      ['ada', {}],
      ['agent', { name: 'Bob' }],
    ]);
    await service.leave(conversation.sid, 'agent');
    await service.until(() => left.length > 0);
    expect(left.map(({ identity, sid }) => [identity, sid])).toEqual([['agent', joined[0]?.sid]]);
    expect(await service.during(conversation.participants())).toHaveLength(1);
    expect(joined).toHaveLength(1);
  });

  test('hears how far another has read', async () => {
    const ada = await join('ada');
    await service.join(ada.conversation.sid, 'bob', {});
    const { connection } = service.connect('bob');
    await service.during(connection.ready());
    const theirs = await service.during(connection.open(ada.conversation.sid));
    const { moved } = listenTo(ada.conversation);
    await service.during(ada.conversation.participants());
    await service.during(ada.conversation.send('one', {}));
    await service.during(theirs.page(30));
    await service.during(theirs.markRead(0));
    await service.until(() => moved.some(({ identity, readTo }) => identity === 'bob' && readTo === 0));
    const there = await service.during(ada.conversation.participants());
    expect(there.find(({ identity }) => identity === 'bob')?.readTo).toBe(0);
  });

  test('has the conversation’s attributes, and hears others', async () => {
    const { connection, conversation } = await join();
    const { attributes } = listenTo(conversation);
    expect(conversation.attributes()).toEqual({});
    await service.setAttributes(conversation.sid, { handover: { by: 'bot' } });
    await service.until(() => attributes.length > 0);
    expect(attributes.at(-1)).toEqual({ handover: { by: 'bot' } });
    expect(conversation.attributes()).toEqual({ handover: { by: 'bot' } });
    const opened = await service.during(connection.open(conversation.sid));
    expect(opened.attributes()).toEqual({ handover: { by: 'bot' } });
  });

  test('reads the content of a rich message, heard or paged, and of a plain one that it has none', async () => {
    const { conversation } = await join();
    await service.during(conversation.page(30));
    const { added } = listenTo(conversation);
    await service.add(conversation.sid, 'bot', 'plain');
    await service.addRich(conversation.sid, 'bot');
    await service.until(() => added.length === 2);
    expect(added.map(({ contentSid }) => contentSid)).toEqual([null, expect.stringMatching(/^HX/)]);
    expect(await service.during(conversation.content(0))).toBeNull();
    expect(await service.during(conversation.content(1))).toMatchObject(satisfaction);
    const { messages } = await service.during(conversation.page(30));
    expect(messages[1]?.contentSid).toBe(added[1]?.contentSid);
    await expect(service.during(conversation.content(7))).resolves.toBeNull();
  });

  test('takes a new token while it is connected, and when the old one was refused', async () => {
    const { connection, states } = service.connect('ada', service.token('ada', 2));
    await service.during(connection.ready());
    await service.during(connection.updateToken(service.token('ada', 3)));
    expect(states.at(-1)).toBe('connected');
    await service.until(() => {
      // The fake looks at tokens only when a link is made; the emulator cuts it by itself.
      if (states.at(-1) === 'connected') service.drop();
      return states.at(-1) === 'denied';
    });
    await service.during(connection.updateToken(service.token('ada')));
    expect(states.at(-1)).toBe('connected');
  });

  test('refuses a token that is no good, and does not become ready by it', async () => {
    const { connection, states } = service.connect('ada', service.token('ada', -10));
    let ready = false;
    connection.ready().then(
      () => {
        ready = true;
      },
      () => {},
    );
    await service.until(() => states.includes('denied'));
    expect(ready).toBe(false);
  });

  test('ends what is under way when it is closed, and says that it does not know', async () => {
    const { connection, conversation } = await join();
    const codeOf = (work: Promise<unknown>) => work.then(String, (error) => error.code);
    const sending = codeOf(conversation.send('perhaps', {}));
    const uploading = codeOf(conversation.send('no', {}, uploadOf([10])));
    await service.during(connection.close());
    expect(await service.during(sending)).toBe('unknown_outcome');
    expect(await service.during(uploading)).toBe('not_sent');
    const other = service.connect('ada').connection;
    await service.during(other.ready());
    const again = await service.during(other.open(conversation.sid));
    expect((await service.during(again.after(-1))).map(({ body }) => body)).not.toContain('no');
  });

  test('is heard no more once it is closed', async () => {
    const { connection, conversation, states } = await join();
    const before = states.length;
    await service.during(connection.close());
    service.drop();
    await expect(service.during(conversation.send('no', {}))).rejects.toMatchObject({ code: 'not_sent' });
    expect(states.slice(before).filter((state) => state !== 'connecting')).toEqual([]);
  });
});
