import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './answer.js';
import type { GrowingReply } from './bots/bot.js';
import { createBoundedWriter } from './bounded-writer.js';
import type { Attributes } from './conversation-attributes.js';

/** Twilio takes 30 changes a second for a conversation; a reader needs far fewer. */
const GAP_MS = 300;

/** A {@link GrowingReply}, and the way to end what it was not told to. */
export interface OpenGrowingReply extends GrowingReply {
  /** Resolves when what it was given is written. */
  settled(): Promise<void>;
}

/** A reply of one turn's answer that grows. It takes its number when it says its first word. */
export function createGrowingReply(options: {
  answer: Answer;
  attributes: Attributes | undefined;
  now: () => number;
  /** Aborted when the bot's time is over. */
  signal: AbortSignal;
  /** Called when a text on the way could not be written: no caller waits for it. */
  failed: (error: unknown) => void;
  wait?: (ms: number) => Promise<unknown>;
}): OpenGrowingReply {
  const { answer, attributes, now, signal, failed, wait = pause } = options;
  let part: number | undefined;
  let finished = false;
  /** Whether a text stands there. What follows only changes it, so it may fail, and be tried again. */
  let begun = false;
  const writer = createBoundedWriter({
    async write(body) {
      if (signal.aborted) return;
      try {
        await answer.write(number(), { body, attributes }, { growing: true });
        begun = true;
      } catch (error) {
        if (signal.aborted) return;
        failed(error);
        // A message that Twilio did not confirm may stand there all the same: a second one would be one too many.
        if (!begun) throw error;
      }
    },
    gapMs: GAP_MS,
    now,
    wait,
  });

  function number(): number {
    part ??= answer.next();
    return part;
  }

  return {
    update(text) {
      // Streams begin with nothing; that is no message yet.
      if (finished || text.trim() === '') return;
      number();
      writer.put(text);
    },
    async finish(text) {
      if (finished) return;
      finished = true;
      const own = number();
      await writer.stop();
      const whole = { body: text, attributes };
      try {
        await answer.write(own, whole);
      } catch (error) {
        if (!begun || signal.aborted) throw error;
        await wait(GAP_MS);
        await answer.write(own, whole);
      }
    },
    settled: () => writer.settled(),
  };
}
