import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createOpenWork } from './open-work.js';

test('settles as its work does, and rejects what is open when it is ended', async () => {
  const work = createOpenWork();
  expect(await work.add(Promise.resolve(1))).toBe(1);
  await expect(work.add(Promise.reject(new Error('no')))).rejects.toThrow('no');
  const open = [work.add(new Promise(() => {})), work.add(new Promise(() => {}))];
  work.end(new Error('over'));
  for (const each of open) await expect(each).rejects.toThrow('over');
});

test('keeps nothing of what is done, however long it is not ended', async () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const work = createOpenWork();
  const answers: WeakRef<object>[] = [];
  for (let count = 0; count < 100; count += 1) {
    const answer = { count };
    answers.push(new WeakRef(answer));
    await work.add(Promise.resolve(answer));
  }
  // What a WeakRef was made of lives until the end of its turn.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const kept = answers.filter((answer) => answer.deref() !== undefined);
  // The engine may still hold the last one.
  expect(kept.length).toBeLessThanOrEqual(1);
  work.end(new Error('over'));
});
