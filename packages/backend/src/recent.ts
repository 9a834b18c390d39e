/** Remembers what was seen lately, so that a delivery which comes twice is acted on once. */
export interface Recent {
  /** Remembers `id`; false when it was remembered already. */
  add(id: string): boolean;
  has(id: string): boolean;
}

/** A memory that holds `capacity` ids and drops the oldest first. */
export function createRecent(capacity = 10_000): Recent {
  const seen = new Set<string>();
  return {
    add(id) {
      if (seen.has(id)) return false;
      seen.add(id);
      if (seen.size > capacity) {
        const oldest = seen.values().next().value;
        if (oldest !== undefined) seen.delete(oldest);
      }
      return true;
    },
    has: (id) => seen.has(id),
  };
}
