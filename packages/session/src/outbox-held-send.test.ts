import { expect, test } from 'vitest';
import { ConnectionError } from './connection.js';
import { createOutbox, type OutboxLink } from './outbox.js';
import { createFakeClock, createFakeCrypto, createFakeExclusive, createMemoryStorage } from './testing.js';

/** Two tabs of one visitor, on the same storage and locks. */
function twoTabs() {
  const clock = createFakeClock();
  const parts = { storage: createMemoryStorage(), exclusive: createFakeExclusive(), clock };
  const asked: string[] = [];
  const open = (name: string, seed: number) => {
    const outbox = createOutbox({
      ...parts,
      key: 'key',
      crypto: createFakeCrypto(seed),
      newestIndex: () => -1,
      onChange() {},
      onStall() {},
      onSlowed() {},
      onClosed: (reason) => asked.push(`${name}: ${reason}`),
    });
    outbox.open('CH1');
    let answer = (): void => {};
    let refuse = (_: Error): void => {};
    const link: OutboxLink = {
      send(body) {
        asked.push(`${name} sends ${body}`);
        return new Promise((resolve, reject) => {
          refuse = reject;
          answer = () => resolve({ index: 0 });
        });
      },
      async readAfter() {
        asked.push(`${name} looks`);
      },
    };
    return { outbox, link, answer: () => answer(), refuse: (error: Error) => refuse(error) };
  };
  return { clock, asked, one: open('one', 1), two: open('two', 2) };
}

test('what a lost link may still send when it comes back is not sent by another tab meanwhile', async () => {
  const { clock, asked, one, two } = twoTabs();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('hello');
  await clock.settle();
  lose();
  two.outbox.open('CH1');
  two.outbox.connect(two.link);
  two.outbox.add('after it');
  await clock.settle();
  expect(asked).toEqual(['one sends hello']);
  one.answer();
  await clock.settle();
  expect(asked).toEqual(['one sends hello', 'two sends after it']);
});

test('what a lost link held is looked for on the link that follows it', async () => {
  const { clock, asked, one } = twoTabs();
  one.outbox.connect(one.link)();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('hello');
  await clock.settle();
  lose();
  await clock.settle();
  one.outbox.connect(one.link);
  await clock.advance(2_000);
  expect(asked).toEqual(['one sends hello', 'one looks', 'one sends hello']);
});

test('what is heard late of the conversation before does not end the next one', async () => {
  const { clock, asked, one } = twoTabs();
  const lose = one.outbox.connect(one.link);
  one.outbox.add('hello');
  await clock.settle();
  lose();
  one.outbox.open(null);
  one.refuse(new ConnectionError('not_found', 'It is gone.'));
  await clock.settle();
  expect(asked).toEqual(['one sends hello']);
});
