import { type Random, randomOf } from './random.js';

/** What a writer does, one after the other, whether or not the one before succeeded. */
export type Act =
  | { type: 'send' }
  /** Of a message of its own, the `of`-th that it knows. */
  | { type: 'edit' | 'mark' | 'remove'; of: number }
  | { type: 'attributes' | 'read' | 'look' }
  | { type: 'add guest' | 'remove guest'; guest: string };

/** A cut, so many milliseconds after the given number of acts was begun by all writers together. */
export interface Cut {
  afterActs: number;
  delay: number;
  /** Index of the writer whose sockets go; undefined: everybody's. */
  writer: number | undefined;
  /** So long no new socket is let in. */
  refuseFor: number;
}

export interface Schedule {
  acts: Act[][];
  cuts: Cut[];
}

const writers = 3;
const actsEach = 14;

/** The whole plan of a run. Only the interleaving is left to the machine. */
export function scheduleOf(seed: number): Schedule {
  const random = randomOf(seed);
  const acts = Array.from({ length: writers }, () => Array.from({ length: actsEach }, () => act(random)));
  const cuts = Array.from({ length: random.between(3, 7) }, () => cut(random));
  return { acts, cuts: cuts.sort((a, b) => a.afterActs - b.afterActs || a.delay - b.delay) };
}

function act(random: Random): Act {
  const type = random.weighted({
    send: 12,
    edit: 3,
    mark: 2,
    remove: 2,
    attributes: 1,
    read: 2,
    look: 1,
    'add guest': 2,
    'remove guest': 1,
  });
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
    refuseFor: random.weighted({ no: 3, yes: 1 }) === 'yes' ? random.between(20, 150) : 0,
  };
}
