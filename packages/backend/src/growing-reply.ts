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
  /** Called when a text on the way could not be written: no caller waits for it. */
  failed: (error: unknown) => void;
  wait?: (ms: number) => Promise<unknown>;
}): OpenGrowingReply {
  const { answer, attributes, now, failed, wait = pause } = options;
  let part: number | undefined;
  let finished = false;
  const writer = createBoundedWriter({
    async write(body) {
      try {
        await answer.write(number(), { body, attributes }, { growing: true });
      } catch (error) {
        failed(error);
        throw error;
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
      await answer.write(own, { body: text, attributes });
    },
    settled: () => writer.settled(),
  };
}
