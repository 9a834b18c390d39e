import type { Fact, Facts } from './facts.js';
import type { Store } from './store/store.js';

/** The {@link Facts} of one store. `log` hears of listeners that threw. */
export function createFacts(store: Store, log: (line: string) => void): Facts {
  const projections = new Set<(fact: Fact) => void>();
  const listeners = new Set<(fact: Fact) => void>();
  let recording: Fact[] | undefined;
  let batch: Fact[] | undefined;
  const waiting: Fact[] = [];
  let announcing = false;

  const announce = (): void => {
    // A listener may commit in turn: what that records waits here, so that everybody hears facts in commit order.
    if (announcing) return;
    announcing = true;
    try {
      for (let fact = waiting.shift(); fact; fact = waiting.shift()) {
        for (const listener of [...listeners]) {
          try {
            listener(fact);
          } catch (error) {
            log(
              `A listener failed on ${fact.type}: ${error instanceof Error ? error.message : String(error)}`,
            );
          }
        }
      }
    } finally {
      announcing = false;
    }
  };

  return {
    project(projection) {
      projections.add(projection);
      return () => void projections.delete(projection);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    commit(work) {
      const record =
        (list: Fact[]) =>
        (fact: Fact): void => {
          list.push(fact);
          for (const projection of projections) projection(fact);
        };
      if (recording) return work(record(recording));
      const recorded: Fact[] = [];
      recording = recorded;
      let result: ReturnType<typeof work>;
      try {
        result = store.transaction(() => work(record(recorded)));
      } finally {
        recording = undefined;
      }
      if (batch) batch.push(...recorded);
      else {
        waiting.push(...recorded);
        announce();
      }
      return result;
    },
    together(work) {
      const committed: Fact[] = [];
      batch = committed;
      let result: ReturnType<typeof work>;
      try {
        result = store.batch(work);
      } finally {
        batch = undefined;
      }
      waiting.push(...committed);
      announce();
      return result;
    },
  };
}
