import type { Facts } from './facts.js';

/** A request that waits for its turn to end. */
export interface TurnTask<T> {
  /** Carries it out. What it commits is kept once `settle` is called. */
  run(): T;
  /** Hears what came of it, in the order of the tasks, once it is safe. */
  settle(result: T): void;
  /** Hears that the store could not keep it, whatever `run` said. */
  fail(error: unknown): void;
  /**
   * Whether it is announced before anything else is carried out, and after everything before it: who hears of a fact
   * asks the store for what belongs to it, which a removal in the same commit would have taken away.
   */
  alone?: boolean;
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

  /** Carries out what one commit holds of the tasks from `first` on, and answers where the next one begins. */
  const carryOut = (tasks: readonly TurnTask<T>[], first: number): number => {
    const results: T[] = [];
    let next = first;
    try {
      facts.together(() => {
        for (let task = tasks[next]; task; task = tasks[next]) {
          if (task.alone && next > first) return;
          next += 1;
          const result = task.run();
          results.push(result);
          if (task.alone || endsGroup(result)) return;
        }
      });
    } catch (error) {
      for (const task of tasks.slice(first, next)) task.fail(error);
      return next;
    }
    for (const [nth, result] of results.entries()) tasks[first + nth]?.settle(result);
    return next;
  };
  const finish = (): void => {
    const tasks = waiting;
    waiting = [];
    for (let next = 0; next < tasks.length; ) next = carryOut(tasks, next);
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
