/** Runs work of one key one after the other, in the order it came; work of different keys at the same time. */
export type InTurn = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Turns for one server's memory. A failure ends only the turn it happened in. */
export function createTurns(): InTurn {
  const last = new Map<string, Promise<unknown>>();

  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work);
    const settled = turn.then(
      () => {},
      () => {},
    );
    last.set(key, settled);
    void settled.then(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    return turn;
  };
}
