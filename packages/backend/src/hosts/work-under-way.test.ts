import { expect, test } from 'vitest';
import { gate } from '../testing/gate.js';
import { trackWork } from './work-under-way.js';

test('it waits for what is under way, for what that adds, and for what fails', async () => {
  const work = trackWork();
  const first = gate();
  const second = gate();
  const done: string[] = [];
  work.add(
    first.opened.then(() => {
      done.push('first');
      work.add(second.opened.then(() => done.push('second')));
      second.open();
    }),
  );
  work.add(Promise.reject(new Error('failed')));
  const finished = work.finished(60_000);
  first.open();
  expect(await finished).toBe(0);
  expect(done).toEqual(['first', 'second']);
});

test('it says how much is left when that takes longer than it may', async () => {
  const work = trackWork();
  work.add(new Promise(() => {}));
  work.add(Promise.resolve());
  expect(await work.finished(1)).toBe(1);
});
