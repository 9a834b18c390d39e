import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from 'vitest';
import { createProxy } from './proxy.js';
import {
  type CleanUps,
  cleanUpAll,
  createProfile,
  isOnline,
  nodeClock,
  startRealService,
  until,
} from './real-chat.js';

const cleanUps: CleanUps = [];
afterEach(() => cleanUpAll(cleanUps));

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Heap in use after everything that can go is gone. */
async function heap(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}

/** Timers that wait now, by the clock of the session. */
function countingClock() {
  let waiting = 0;
  return {
    waiting: () => waiting,
    clock: {
      ...nodeClock,
      after(ms: number, task: () => void) {
        waiting += 1;
        let over = false;
        const end = (): void => {
          if (!over) waiting -= 1;
          over = true;
        };
        const cancel = nodeClock.after(ms, () => {
          end();
          task();
        });
        return () => {
          end();
          cancel();
        };
      },
    },
  };
}

/** Watchers of the surroundings that are there now. */
function countingWatch() {
  let on = 0;
  return {
    on: () => on,
    watch: () => {
      on += 1;
      return () => {
        on -= 1;
      };
    },
  };
}

async function counted() {
  const service = await startRealService(cleanUps);
  const proxy = await createProxy({ port: Number(new URL(service.emulator.wsUrl).port) });
  cleanUps.push(() => proxy.close());
  const timers = countingClock();
  const watching = countingWatch();
  const profile = createProfile(cleanUps, service, {
    realtimeUrl: proxy.through(service.emulator.wsUrl),
    retryPolicy: { min: 5, max: 20, randomness: 0 },
    clock: timers.clock,
    watchNetwork: watching.watch,
    watchWake: watching.watch,
  });
  return { proxy, timers, watching, profile };
}

const MB = 1_048_576;

test('N18: 200 reconnects in a row leave no more timers, sockets, watchers or memory than 20', async () => {
  const { proxy, timers, watching, profile } = await counted();
  const session = profile.open();
  session.start();
  await until(session, () => isOnline(session));
  const reconnect = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      proxy.cut();
      await until(session, () => !isOnline(session));
      await until(session, () => isOnline(session));
    }
  };
  await reconnect(20);
  const before = { heap: await heap(), timers: timers.waiting() };
  await reconnect(200);
  const grown = ((await heap()) - before.heap) / MB;
  expect(proxy.open()).toBe(1);
  expect(watching.on()).toBe(2);
  expect(timers.waiting()).toBeLessThanOrEqual(before.timers + 3);
  expect(grown).toBeLessThan(5);
}, 120_000);

test('50 chats that are made and ended leave no timer, socket, watcher or memory behind', async () => {
  const { proxy, timers, watching, profile } = await counted();
  const live = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      const session = profile.open();
      cleanUps.pop();
      session.start();
      await until(session, () => isOnline(session));
      await session.stop();
    }
  };
  await live(5);
  const before = await heap();
  await live(50);
  while (proxy.open() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect([timers.waiting(), watching.on()]).toEqual([0, 0]);
  expect(((await heap()) - before) / MB).toBeLessThan(10);
}, 120_000);
