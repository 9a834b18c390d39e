import { type Random, randomOf } from './random.js';

/** What a writer does, one after the other, whether or not the one before succeeded. */
export type Act =
  | { type: 'send' }
  /** Of a message of its own, the `of`-th that it knows. */
  | { type: 'edit' | 'mark' | 'remove'; of: number }
  | { type: 'attributes' | 'read' | 'look' | 'create' }
  | { type: 'add guest' | 'remove guest'; guest: string };

/** A cut, so many milliseconds after the given number of acts was begun by all writers together. */
export interface Cut {
  afterActs: number;
  delay: number;
  /** Index of the writer whose sockets go; undefined: everybody's. */
  writer: number | undefined;
  /** At once, or around the next write of those it is meant for. */
  when: 'now' | 'beforeWrite' | 'afterWrite' | 'afterReply';
  /** So many milliseconds no new socket is let in; for cuts at once. */
  refuseFor: number;
}

export interface Schedule {
  acts: Act[][];
  cuts: Cut[];
}

/** A SIGKILL, so many milliseconds after the given number of acts was begun. */
export interface Kill {
  afterActs: number;
  delay: number;
  /** So many milliseconds after its start the next process is killed as well, ready or not. */
  next: number | undefined;
}

export interface KillSchedule {
  acts: Act[][];
  kills: Kill[];
}

const writers = 3;
const actsEach = 14;
const actsBetweenKills = 8;
const kinds = {
  ...{ send: 12, edit: 3, mark: 2, remove: 2, attributes: 1, read: 2, look: 1 },
  ...{ 'add guest': 2, 'remove guest': 1 },
};

/** The whole plan of a run. Only the interleaving is left to the machine. */
export function scheduleOf(seed: number): Schedule {
  const random = randomOf(seed);
  const acts = actsOf(random, actsEach, kinds);
  const cuts = Array.from({ length: random.between(3, 7) }, () => cut(random));
  return { acts, cuts: cuts.sort((a, b) => a.afterActs - b.afterActs || a.delay - b.delay) };
}

export function killScheduleOf(seed: number, kills: number): KillSchedule {
  const random = randomOf(seed);
  const each = actsBetweenKills * writers;
  return {
    acts: actsOf(random, actsBetweenKills * (kills + 1), { ...kinds, create: 2 }),
    kills: Array.from({ length: kills }, (_, kill) => ({
      afterActs: random.between(kill * each + writers + 1, (kill + 1) * each),
      delay: random.weighted({ soon: 3, later: 1 }) === 'soon' ? random.between(0, 6) : random.between(7, 40),
      next: random.weighted({ lives: 4, dies: 1 }) === 'dies' ? random.between(0, 1_500) : undefined,
    })),
  };
}

const actsOf = (
  random: Random,
  each: number,
  weights: Readonly<Partial<Record<Act['type'], number>>>,
): Act[][] => Array.from({ length: writers }, () => Array.from({ length: each }, () => act(random, weights)));

function act(random: Random, weights: Readonly<Partial<Record<Act['type'], number>>>): Act {
  const type = random.weighted(weights);
  switch (type) {
    case 'edit':
    case 'mark':
    case 'remove':
      return { type, of: random.between(0, 9) };
    case 'add guest':
    case 'remove guest':
      return { type, guest: `guest-${random.between(1, 4)}` };
    default:
      return { type };
  }
}

function cut(random: Random): Cut {
  return {
    afterActs: random.between(1, writers * actsEach - 3),
    delay: random.weighted({ soon: 3, later: 1 }) === 'soon' ? random.between(0, 4) : random.between(5, 60),
    writer: random.weighted({ one: 3, all: 1 }) === 'one' ? random.between(0, writers - 1) : undefined,
    when: random.weighted({ now: 4, beforeWrite: 1, afterWrite: 2, afterReply: 1 }),
    refuseFor: random.weighted({ no: 3, yes: 1 }) === 'yes' ? random.between(20, 150) : 0,
  };
}
