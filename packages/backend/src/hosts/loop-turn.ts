/** Resolves at the end of the event loop's turn, for everybody who waits in the same one. */
export type LoopTurn = () => Promise<void>;

/**
 * Lets answers of one turn leave together. Under load a turn reads many calls. Answered one by one, each of them wakes
 * whoever waits on the same machine, as a proxy in front of the service does, and that is a good part of what a token
 * call costs (see `bench/README.md`); answered together, the first one wakes it and it finds the others. A call that is
 * alone waits for nothing: its turn ends with it.
 */
export function createLoopTurn(): LoopTurn {
  let end: Promise<void> | undefined;

  return () => {
    end ??= new Promise((resolve) => {
      // After everything that the turn has read, before the next one waits for more.
      setImmediate(() => {
        end = undefined;
        resolve();
      });
    });
    return end;
  };
}
