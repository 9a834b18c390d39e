import type { Facts } from './facts.js';

/** A request that waits for its turn to end. */
export interface TurnTask<T> {
  /** Carries it out. What it commits is kept once `settle` is called. */
  run(): T;
  /** Hears what came of it, in the order of the tasks, once it is safe. */
  settle(result: T): void;
  /** Hears that the store could not keep it, whatever `run` said. */
  fail(error: unknown): void;
}

/**
 * Gathers what the sockets bring in one turn of the event loop and commits once for all of it: with many clients a
 * commit is the dearest part of a message.
 */
export interface Turn<T> {
  add(task: TurnTask<T>): void;
  /** Does now what waits. */
  finish(): void;
}

/** `endsGroup` tells of a result that must be settled before the next task runs. */
export function createTurn<T>(facts: Facts, endsGroup: (result: T) => boolean): Turn<T> {
  let waiting: TurnTask<T>[] = [];

  const carryOut = (tasks: Iterator<TurnTask<T>>): boolean => {
    const done: { task: TurnTask<T>; result: T }[] = [];
    const started: TurnTask<T>[] = [];
    try {
      facts.together(() => {
        for (let next = tasks.next(); !next.done; next = tasks.next()) {
          started.push(next.value);
          const result = next.value.run();
          done.push({ task: next.value, result });
          if (endsGroup(result)) return;
        }
      });
    } catch (error) {
      for (const task of started) task.fail(error);
      return started.length > 0;
    }
    for (const { task, result } of done) task.settle(result);
    return started.length > 0;
  };
  const finish = (): void => {
    const tasks = waiting;
    waiting = [];
    const iterator = tasks.values();
    while (carryOut(iterator));
  };

  return {
    add(task) {
      // After the sockets that can be read have been read: the loop comes to this last.
      if (waiting.length === 0) setImmediate(finish);
      waiting.push(task);
    },
    finish,
  };
}
