import type { SessionClock } from './ports.js';

/** Settles as `work` does, or rejects with `late()` after `ms`; the work itself goes on unheard. */
export function withTimeLimit<T>(
  work: Promise<T>,
  ms: number,
  clock: SessionClock,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(late()));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
