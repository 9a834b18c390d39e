import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBoundedWriter } from './bounded-writer.js';

const GAP = 300;

/** A clock that a test turns on; whoever waits on it goes on when its time has come. */
function createClock() {
  let now = 0;
  const waiting = new Set<{ at: number; go: () => void }>();
  return {
    now: () => now,
    wait: (ms: number) =>
      new Promise<void>((go) => {
        waiting.add({ at: now + ms, go });
      }),
    async advance(ms: number) {
      const until = now + ms;
      for (;;) {
        // What was set going comes to rest before time goes on.
        for (let n = 0; n < 20; n += 1) await Promise.resolve();
        const [next] = [...waiting].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!next) break;
        waiting.delete(next);
        now = Math.max(now, next.at);
        next.go();
      }
      now = until;
    },
  };
}

const steps = fc.array(fc.record({ after: fc.nat(400), text: fc.string({ minLength: 1 }) }), {
  minLength: 1,
  maxLength: 30,
});

test('writes never come closer than the gap or overlap, go forward, and the newest is written in the end', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(1000), async (puts, writeMs) => {
      const clock = createClock();
      const written: { text: string; at: number }[] = [];
      let writing = 0;
      const writer = createBoundedWriter({
        gapMs: GAP,
        ...clock,
        async write(text) {
          writing += 1;
          expect(writing).toBe(1);
          written.push({ text, at: clock.now() });
          if (writeMs > 0) await clock.wait(writeMs);
          writing -= 1;
        },
      });
      for (const { after, text } of puts) {
        await clock.advance(after);
        writer.put(text);
      }
      await clock.advance(10_000);
      await writer.settled();
      for (const [place, { at }] of written.entries()) {
        expect(at - (written[place - 1]?.at ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(GAP);
      }
      expect(written.at(-1)?.text).toBe(puts.at(-1)?.text);
      // Each one written was the newest at its time, so they stand in the order in which they were given.
      let from = 0;
      for (const { text } of written) {
        const place = puts.findIndex((put, n) => n >= from && put.text === text);
        expect(place).toBeGreaterThanOrEqual(from);
        from = place + 1;
      }
    }),
  );
});

test('what is stopped writes nothing more, and lets go when the next write may start', async () => {
  const clock = createClock();
  const written: string[] = [];
  const writer = createBoundedWriter({
    gapMs: GAP,
    ...clock,
    write: async (text) => void written.push(text),
  });
  writer.put('a');
  writer.put('b');
  const stopped = writer.stop().then(() => clock.now());
  await clock.advance(5_000);
  expect(await stopped).toBe(GAP);
  expect(written).toEqual(['a']);
});

test('a failure never reaches who gave a text; it ends the writing and is told to who stops it', async () => {
  const clock = createClock();
  let tries = 0;
  const writer = createBoundedWriter({
    gapMs: GAP,
    ...clock,
    write: async () => {
      tries += 1;
      throw new Error('no line');
    },
  });
  writer.put('a');
  await clock.advance(1000);
  writer.put('b');
  await clock.advance(1000);
  const stopped = expect(writer.stop()).rejects.toThrow('no line');
  await clock.advance(1000);
  await stopped;
  expect(tries).toBe(1);
});
