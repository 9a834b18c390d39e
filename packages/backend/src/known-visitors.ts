/**
 * Remembers who was let in, so that only somebody new has to be counted as new. Another store, shared by several
 * servers, may forget whom it likes: a visitor who was forgotten is looked up in Conversations when it matters.
 */
export interface KnownVisitors {
  has(identity: string): Promise<boolean>;
  add(identity: string): Promise<void>;
}

/**
 * Remembers in memory, for one server; whoever was away longest is forgotten first.
 *
 * @example
 * const known = createMemoryKnownVisitors();
 */
export function createMemoryKnownVisitors(
  options: {
    /** Default 100,000 visitors. */
    capacity?: number;
  } = {},
): KnownVisitors {
  const { capacity = 100_000 } = options;
  const identities = new Set<string>();

  function touch(identity: string): void {
    identities.delete(identity);
    identities.add(identity);
  }

  return {
    has(identity) {
      const known = identities.has(identity);
      if (known) touch(identity);
      return Promise.resolve(known);
    },
    add(identity) {
      touch(identity);
      if (identities.size > capacity) {
        const longestAway = identities.values().next().value;
        if (longestAway !== undefined) identities.delete(longestAway);
      }
      return Promise.resolve();
    },
  };
}
