import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectionError, type RemoteConversation, type RemoteMessage } from './connection.js';
import { createHistory, type History } from './history.js';

/**
 * A service and the one line to it: what it answers and what it tells leave in the order in which it happened, and
 * arrive one by one when the test says so.
 */
function createLine() {
  let messages: RemoteMessage[] = [];
  let nextIndex = 0;
  let time = 1;
  let up = true;
  let life = 0;
  let requests = 0;
  let onTheWay: { life: number; arrive(): void; lose(): void }[] = [];
  /** What nobody heard; the SDK is told of it later, or never. */
  let missed: (() => void)[] = [];
  let history: History;

  const tell = (event: () => void): void => {
    if (up) onTheWay.push({ life, arrive: event, lose: () => missed.push(event) });
    else missed.push(event);
  };
  const answer = <T>(work: () => T): Promise<T> => {
    requests += 1;
    if (!up) return Promise.reject(new ConnectionError('not_sent', 'There is no link.'));
    return new Promise((resolve, reject) => {
      const lose = (): void => reject(new ConnectionError('unknown_outcome', 'disconnected'));
      // Done when it leaves; what happens meanwhile comes behind it.
      const result = work();
      onTheWay.push({ life, arrive: () => resolve(result), lose });
    });
  };
  const conversation = (): RemoteConversation =>
    ({
      sid: 'CH1',
      closed: false,
      page: (size, before = Number.POSITIVE_INFINITY) =>
        answer(() => {
          const older = messages.filter(({ index }) => index < before);
          return { messages: older.slice(-size), hasOlder: older.length > size };
        }),
      after: (index, limit) =>
        answer(() => messages.filter((message) => message.index > index).slice(0, limit)),
    }) as Partial<RemoteConversation> as RemoteConversation;

  return {
    conversation,
    attach(to: History) {
      history = to;
    },
    all: () => messages,
    requests: () => requests,
    up: () => up,
    add(body = 'text') {
      const index = nextIndex;
      nextIndex += 1;
      time += 1;
      const message: RemoteMessage = {
        sid: `IM${index}`,
        index,
        author: 'bot',
        body: `${body} ${index}`,
        attributes: {},
        at: time,
        updatedAt: time,
        edited: false,
        media: [],
        contentSid: null,
      };
      messages = [...messages, message];
      tell(() => history.arrived(message));
    },
    edit(which: number) {
      const old = messages[which % (messages.length || 1)];
      if (!old) return;
      time += 1;
      const edited = { ...old, body: `edited ${time}`, edited: true, updatedAt: time };
      messages = messages.map((message) => (message === old ? edited : message));
      tell(() => history.arrived(edited));
    },
    remove(which: number) {
      const old = messages[which % (messages.length || 1)];
      if (!old) return;
      messages = messages.filter((message) => message !== old);
      tell(() => history.removed(old.index));
    },
    async arrive() {
      const next = onTheWay.shift();
      next?.arrive();
      await settle();
      return next !== undefined;
    },
    /** The answer comes, and in the same breath the link goes. */
    arriveAndCut() {
      onTheWay.shift()?.arrive();
      up = false;
      history.interrupted();
    },
    async cut() {
      up = false;
      life += 1;
      history.interrupted();
      for (const { lose } of onTheWay.splice(0)) lose();
      await settle();
    },
    /** The same connection comes back; `replay`: it is told what it missed. */
    restore(replay: boolean) {
      up = true;
      for (const event of missed.splice(0)) if (replay) tell(event);
    },
    forget() {
      missed = [];
      onTheWay = [];
      up = true;
    },
  };
}

const settle = async (): Promise<void> => {
  for (let tick = 0; tick < 20; tick += 1) await Promise.resolve();
};

function createWatched(line: ReturnType<typeof createLine>, windowSize: number, pageSize: number) {
  const told = new Set<string>();
  const history = createHistory({
    pageSize,
    windowSize,
    onChange() {},
    onMessages(messages) {
      for (const { sid } of messages) told.add(sid);
    },
  });
  line.attach(history);
  const shown = () => history.state().transcript.messages;
  const during = async (work: Promise<void>): Promise<void> => {
    let done = false;
    const settled = work.finally(() => {
      done = true;
    });
    settled.catch(() => {});
    await settle();
    while (!done && (await line.arrive()));
    while (await line.arrive());
    await settled;
  };
  return { history, told, shown, during };
}

const indexes = (messages: readonly RemoteMessage[]) => messages.map(({ index }) => index);

/** A conversation of `size` messages that has been opened. */
async function opened(size: number, options: { windowSize?: number; pageSize?: number } = {}) {
  const line = createLine();
  const watched = createWatched(line, options.windowSize ?? 20, options.pageSize ?? 5);
  for (let count = 0; count < size; count += 1) line.add();
  line.forget();
  await watched.during(watched.history.open(line.conversation()));
  return { line, ...watched };
}

describe('a window', () => {
  test('moves back and forward again over a conversation that it cannot hold', async () => {
    const { line, history, shown, during } = await opened(57);
    const seen = new Set(indexes(shown()));
    while (history.state().hasOlder) {
      await during(history.loadOlder());
      for (const index of indexes(shown())) seen.add(index);
      expect(shown().length).toBeLessThanOrEqual(20);
    }
    expect(seen.size).toBe(57);
    expect(history.state()).toMatchObject({ from: 0, to: 19, hasNewer: true });
    while (history.state().hasNewer) await during(history.loadNewer());
    expect(indexes(shown())).toEqual(indexes(line.all()).slice(-20));
    expect(history.state().hasOlder).toBe(true);
  });

  test('away from the end only notes what comes, and jumps there when it is asked to', async () => {
    const { line, history, shown, during, told } = await opened(57);
    while (history.state().hasOlder) await during(history.loadOlder());
    const before = shown();
    line.add('live');
    while (await line.arrive());
    expect(shown()).toBe(before);
    expect(history.newestIndex()).toBe(57);
    expect(told.has('IM57')).toBe(true);
    await during(history.showLatest());
    expect(indexes(shown())).toEqual([53, 54, 55, 56, 57]);
    expect(history.state()).toMatchObject({ hasOlder: true, hasNewer: false });
  });

  test('at the end lets the oldest go, keeps the rest as it is, and never reads for that', async () => {
    const { line, history, shown } = await opened(5, { windowSize: 5 });
    const requests = line.requests();
    const last = shown()[4];
    line.add('live');
    while (await line.arrive());
    expect(indexes(shown())).toEqual([1, 2, 3, 4, 5]);
    expect(shown()[3]).toBe(last);
    expect(history.state()).toMatchObject({ from: 1, to: 5, hasOlder: true });
    expect(line.requests()).toBe(requests);
  });

  test('jumps once the line is back, when it was asked to while it was down', async () => {
    const { line, history, shown, during } = await opened(57);
    while (history.state().hasOlder) await during(history.loadOlder());
    await line.cut();
    await expect(history.showLatest()).rejects.toThrow();
    line.restore(false);
    await during(history.catchUp());
    expect(indexes(shown())).toEqual([52, 53, 54, 55, 56]);
  });

  test('begins anew at the end after more was missed than it holds', async () => {
    const { line, history, shown, during } = await opened(10);
    await line.cut();
    for (let count = 0; count < 64; count += 1) line.add('missed');
    line.restore(false);
    const requests = line.requests();
    await during(history.catchUp());
    expect(indexes(shown())).toEqual([69, 70, 71, 72, 73]);
    expect(history.state()).toMatchObject({ hasOlder: true, hasNewer: false });
    expect(line.requests() - requests).toBeLessThanOrEqual(3);
  });

  test('is read again as a whole on another connection, where nobody heard of edits and removals', async () => {
    const { line, history, shown, during } = await opened(18);
    while (history.state().hasOlder) await during(history.loadOlder());
    const kept = shown()[3];
    await line.cut();
    line.edit(0);
    line.remove(1);
    line.add('missed');
    line.forget();
    await during(history.open(line.conversation()));
    expect(shown()).toEqual(line.all());
    expect(shown()[2]).toBe(kept);
  });

  test('stays where the visitor reads when the connection is replaced far from the end', async () => {
    const { line, history, shown, during } = await opened(57);
    while (history.state().hasOlder) await during(history.loadOlder());
    await line.cut();
    line.edit(2);
    line.remove(5);
    line.forget();
    await during(history.open(line.conversation()));
    expect(shown()).toEqual(line.all().slice(0, 20));
    expect(history.state()).toMatchObject({ from: 0, hasNewer: true });
  });

  test('is asked again for what it shows when the first attempt on another connection fails', async () => {
    const { line, history, shown, during } = await opened(9);
    await line.cut();
    line.edit(8);
    await expect(history.open(line.conversation())).rejects.toThrow();
    line.forget();
    await during(history.catchUp());
    expect(shown()).toEqual(line.all().slice(-shown().length));
  });

  test('has no hole where more comes than it holds while it is read again', async () => {
    const { line, history, shown, during } = await opened(18);
    while (history.state().hasOlder) await during(history.loadOlder());
    await line.cut();
    for (let count = 0; count < 5; count += 1) line.add('missed');
    line.forget();
    // Two pages are needed, and all of this comes between the one and the other.
    const opening = history.open(line.conversation());
    for (let count = 0; count < 40; count += 1) line.add('live');
    await during(opening);
    expect(indexes(shown())).toEqual(indexes(line.all()).slice(-shown().length));
    expect(history.state()).toMatchObject({ to: 62, hasNewer: false });
  });

  test('stays at the end for whoever asks for it while an older page is on its way', async () => {
    const { line, history, shown, during, told } = await opened(57);
    while (shown().length < 20) await during(history.loadOlder());
    const older = history.loadOlder();
    const latest = history.showLatest();
    line.add('mine');
    await during(older);
    expect(indexes(shown()).at(-1)).toBe(57);
    expect(history.state()).toMatchObject({ hasOlder: true, hasNewer: false });
    expect(told.has('IM57')).toBe(true);
    await latest;
    // Asked for once, and not for all time.
    await during(history.loadOlder());
    expect(history.state().hasNewer).toBe(true);
  });

  test('takes no live message for the next one when the link went as the answer came', async () => {
    for (const work of ['open', 'catchUp'] as const) {
      const { line, history, shown, during } = await opened(5);
      if (work === 'open') line.forget();
      const reading = work === 'open' ? history.open(line.conversation()) : history.catchUp();
      line.arriveAndCut();
      await reading;
      line.add('missed');
      line.restore(false);
      line.add('live');
      while (await line.arrive());
      await during(history.catchUp());
      expect(shown()).toEqual(line.all());
    }
  });

  test('shows nothing again that was removed while the rest of the window was on its way', async () => {
    const { line, history, shown, during } = await opened(150, { windowSize: 200, pageSize: 50 });
    while (history.state().hasOlder) await during(history.loadOlder());
    await line.cut();
    line.forget();
    const opening = history.open(line.conversation());
    line.remove(140);
    await during(opening);
    expect(shown()).toHaveLength(149);
    expect(shown()).toEqual(line.all());
  });

  test('asks nothing of a connection that is closed', async () => {
    const { line, history } = await opened(57);
    const requests = line.requests();
    history.release();
    await Promise.all([history.loadOlder(), history.catchUp(), history.showLatest()]);
    expect(line.requests()).toBe(requests);
    expect(history.state().loadingOlder).toBe(false);
  });

  test('keeps no growing list of what was removed', async () => {
    const { line, history } = await opened(3);
    for (let count = 0; count < 200; count += 1) {
      line.add();
      line.remove(3);
      while (await line.arrive());
    }
    expect(indexes(history.state().transcript.messages)).toEqual([0, 1, 2]);
    expect(history.state().transcript.removed.size).toBeLessThanOrEqual(20);
  });
});

test('a conversation of any length takes the memory of a window', { timeout: 30_000 }, async () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const length = 10_000;
  const messageAt = (index: number): RemoteMessage => ({
    sid: `IM${index}`,
    index,
    author: 'bot',
    // Made each time, so that no two messages share it.
    body: Buffer.alloc(1_000, 97 + (index % 26)).toString('latin1'),
    attributes: { place: index },
    at: index,
    updatedAt: index,
    edited: false,
    media: [],
    contentSid: null,
  });
  const span = (from: number, to: number): RemoteMessage[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, place) => messageAt(from + place));
  const conversation = {
    page: async (size: number, before = length) => {
      const from = Math.max(0, before - size);
      return { messages: span(from, before), hasOlder: from > 0 };
    },
    after: async (index: number, limit = length) => span(index + 1, Math.min(length, index + 1 + limit)),
  } as Partial<RemoteConversation> as RemoteConversation;
  const history = createHistory({ pageSize: 30, onChange() {}, onMessages() {} });
  await history.open(conversation);
  while (history.state().transcript.messages.length < 300) await history.loadOlder();
  const full = heap();
  while (history.state().hasOlder) await history.loadOlder();
  await history.showLatest();
  await history.readAfter(-1);
  for (let index = length; index < length + 2_000; index += 1) {
    history.arrived(messageAt(index));
    history.removed(index - 500);
  }
  expect(history.state().to).toBe(length + 1_999);
  expect(history.state().transcript.messages.length).toBeLessThanOrEqual(300);
  // Some thirty megabytes have passed through; the noise of a heap is far less than one.
  expect(heap() - full).toBeLessThan(1_500_000);
});

describe('what was remembered', () => {
  test('is shown at once, and gives way to what the service says, whatever it claims of itself', async () => {
    const line = createLine();
    const { history, shown, during } = createWatched(line, 20, 5);
    for (let count = 0; count < 12; count += 1) line.add();
    const stored = line.all().slice(2, 9);
    line.edit(8);
    line.remove(5);
    line.forget();
    const claims = stored.map((message) => ({ ...message, updatedAt: Number.MAX_SAFE_INTEGER }));
    history.remember([...claims, { ...claims[0], index: 1_000_000, sid: 'IMfuture' } as RemoteMessage]);
    expect(history.state()).toMatchObject({ remembered: true, loaded: false, hasOlder: false });
    expect(history.newestIndex()).toBe(-1);
    await during(history.open(line.conversation()));
    expect(shown()).toEqual(line.all().slice(-8));
    expect(history.state()).toMatchObject({ remembered: false, loaded: true, hasOlder: true });
  });

  test('says nothing of what the service has, also when something of it is taken away', async () => {
    const line = createLine();
    const { history, during } = createWatched(line, 20, 5);
    for (let count = 0; count < 3; count += 1) line.add();
    line.forget();
    const [claim] = line.all();
    history.remember([{ ...claim, index: 1_000_000, sid: 'IMfuture' } as RemoteMessage]);
    line.remove(1);
    const opening = history.open(line.conversation());
    await line.arrive();
    expect(history.newestIndex()).toBe(-1);
    await during(opening);
    expect(history.newestIndex()).toBe(2);
  });

  test('keeps its identity where nothing changed', async () => {
    const line = createLine();
    const { history, shown, during } = createWatched(line, 20, 5);
    for (let count = 0; count < 8; count += 1) line.add();
    line.forget();
    const remembered = line
      .all()
      .slice(3)
      .map((message) => ({ ...message }));
    history.remember(remembered);
    await during(history.open(line.conversation()));
    for (const message of remembered) expect(shown()).toContain(message);
  });
});

type Step =
  | { do: 'add' | 'arrive' | 'cut' | 'older' | 'newer' | 'latest' | 'restore' | 'replace'; times: number }
  | { do: 'edit' | 'remove'; which: number };

const count = fc.integer({ min: 1, max: 14 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), times: count }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('arrive' as const), times: count }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('edit' as const, 'remove'), which: fc.nat(200) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('older' as const, 'newer', 'latest'), times: count }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'restore', 'replace'), times: count }),
  },
);

test('whatever happens in whatever order, the window is a whole stretch of what the service has', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(40),
      fc.boolean(),
      fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }),
      async (size, replay, steps) => {
        const { line, history, shown, during } = await opened(size, { windowSize: 12, pageSize: 4 });
        const noHole = (): void => {
          const held = indexes(shown());
          expect(held).toEqual([...new Set(held)].sort((one, other) => one - other));
          const [first = 0] = held;
          const last = held.at(-1) ?? -1;
          const between = indexes(line.all()).filter((index) => index >= first && index <= last);
          expect(held).toEqual(expect.arrayContaining(between));
          // One page more while it is on its way.
          expect(held.length).toBeLessThanOrEqual(history.state().loadingOlder ? 12 + 80 : 12);
        };
        const ignore = (work: Promise<void>): void => void work.catch(() => {});
        // On a line that comes back by itself, what was missed and is not told stays unknown until it is read again.
        let deaf = false;
        for (const what of steps) {
          switch (what.do) {
            case 'add':
              for (let round = 0; round < what.times; round += 1) line.add();
              break;
            case 'edit':
              line.edit(what.which);
              if (!line.up() && !replay) deaf = true;
              break;
            case 'remove':
              line.remove(what.which);
              if (!line.up() && !replay) deaf = true;
              break;
            case 'arrive':
              for (let round = 0; round < what.times; round += 1) {
                await line.arrive();
                noHole();
              }
              break;
            case 'cut':
              await line.cut();
              // What was on its way and is not told again.
              if (!replay) deaf = true;
              break;
            case 'restore':
              if (line.up()) break;
              line.restore(replay);
              ignore(history.catchUp());
              break;
            case 'replace':
              await line.cut();
              line.forget();
              deaf = false;
              ignore(history.open(line.conversation()));
              break;
            case 'older':
              ignore(history.loadOlder());
              break;
            case 'newer':
              ignore(history.loadNewer());
              break;
            case 'latest':
              ignore(history.showLatest());
              break;
          }
          await settle();
          noHole();
        }
        // In the end all is well: everything is there, once, as the service has it.
        if (!line.up()) line.restore(replay);
        while (await line.arrive());
        await during(deaf ? history.open(line.conversation()) : history.catchUp());
        await during(history.showLatest());
        const { from, hasOlder, hasNewer } = history.state();
        expect(hasNewer).toBe(false);
        expect(hasOlder || from === 0).toBe(true);
        expect(shown()).toEqual(line.all().slice(line.all().length - shown().length));
        const seen = new Map<number, RemoteMessage>();
        const note = (): void => {
          for (const message of shown()) seen.set(message.index, message);
          expect(shown().length).toBeLessThanOrEqual(12);
        };
        note();
        while (history.state().hasOlder) {
          await during(history.loadOlder());
          note();
        }
        expect([...seen.values()].sort((one, other) => one.index - other.index)).toEqual(line.all());
        while (history.state().hasNewer) {
          await during(history.loadNewer());
          note();
        }
        expect(shown()).toEqual(line.all().slice(-12));
      },
    ),
    {
      numRuns: 400,
      // A hole once: so much came while it was opened that not all was kept, and an older page held the rest in place.
      examples: [
        [
          5,
          false,
          [
            { do: 'add', times: 1 },
            { do: 'replace', times: 1 },
            { do: 'add', times: 13 },
            { do: 'arrive', times: 1 },
            { do: 'older', times: 1 },
            { do: 'arrive', times: 6 },
            { do: 'add', times: 1 },
            { do: 'arrive', times: 8 },
            { do: 'older', times: 1 },
          ],
        ],
      ],
    },
  );
});
