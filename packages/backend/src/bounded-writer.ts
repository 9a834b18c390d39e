/** Writes texts of which only the newest counts, at a bounded rate. */
export interface BoundedWriter {
  /** Has `text` written, as soon as the rate allows and nothing newer came. Never throws. */
  put(text: string): void;
  /** Lets go of what was not written yet; resolves when nothing is being written. Rejects with a write's failure. */
  stop(): Promise<void>;
  /** Resolves when the newest text is written. */
  settled(): Promise<void>;
}

/** What a {@link BoundedWriter} is made of. */
export interface BoundedWriterOptions {
  /** Called for one text at a time. After it failed once, it is not called again. */
  write: (text: string) => Promise<void>;
  /** Milliseconds from the start of one write to the start of the next, at least. */
  gapMs: number;
  now: () => number;
  wait: (ms: number) => Promise<unknown>;
}

/** A writer that waits between writes and skips what was overtaken meanwhile. */
export function createBoundedWriter({ write, gapMs, now, wait }: BoundedWriterOptions): BoundedWriter {
  let newest: string | undefined;
  let lastStart = Number.NEGATIVE_INFINITY;
  let working: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;

  async function work(): Promise<void> {
    while (newest !== undefined && !failure) {
      const early = lastStart + gapMs - now();
      if (early > 0) {
        await wait(early);
        continue;
      }
      const text = newest;
      newest = undefined;
      lastStart = now();
      try {
        await write(text);
      } catch (error) {
        failure = { error };
      }
    }
    working = undefined;
  }

  return {
    put(text) {
      newest = text;
      working ??= work();
    },
    async stop() {
      newest = undefined;
      await working;
      const early = lastStart + gapMs - now();
      if (early > 0) await wait(early);
      if (failure) throw failure.error;
    },
    async settled() {
      await working;
    },
  };
}
