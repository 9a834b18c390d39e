import { given } from '../given.js';
import type { EmulatorFaults } from '../options.js';
import type { Realtime } from '../realtime.js';
import type { Trouble } from '../trouble/trouble.js';
import { type Fault, readFault } from './fault.js';

/** What came of a fault. `sockets` is how many it met, `seed` what its chances are drawn from. */
export interface FaultOutcome {
  op: Fault['op'];
  sockets?: number;
  seed?: number;
}

export interface Faults extends EmulatorFaults {
  /** Reads one order and carries it out at once. Throws a `Refusal` for what it cannot read. */
  order(value: unknown): FaultOutcome;
}

/** Both ways to make trouble, by method and by order: the methods write an order. */
export function createFaults(realtime: Realtime, trouble: Trouble, log: (line: string) => void): Faults {
  const carryOut = (fault: Fault): Omit<FaultOutcome, 'op'> => {
    switch (fault.op) {
      case 'drop': {
        const { when = 'now', op: _, ...match } = fault;
        if (when === 'now') return { sockets: realtime.drop(fault.identity) };
        trouble.cuts.add(match, 1, when);
        return {};
      }
      case 'refuse':
        realtime.refuse(fault.on);
        return {};
      case 'close':
        return { sockets: realtime.sendAway(fault) };
      case 'tokenAboutToExpire':
        return { sockets: realtime.tokenAboutToExpire(fault.identity) };
      case 'expireToken':
        return { sockets: realtime.expireToken(fault.identity, fault.how) };
      case 'latency': {
        const { ms, jitter = 0, distribution = 'uniform' } = fault;
        trouble.latency({ ms, jitter, distribution }, fault);
        realtime.troubled();
        return jitter === 0 ? {} : drawn();
      }
      case 'halfOpen':
        return { sockets: realtime.halfOpen(fault.on, fault.identity) };
      case 'pauseReplies':
        trouble.pauseReplies(fault.on, fault);
        realtime.troubled();
        return {};
      case 'disorder': {
        const { reorder = 0, duplicate = 0, minMs = 0, maxMs = 0, keep = 'item' } = fault;
        trouble.disorder({ reorder, duplicate, minMs, maxMs, keep }, fault);
        realtime.troubled();
        return drawn();
      }
      case 'answer': {
        const { to = 'request', times = 1, status, code, backoffMs, op: _, ...match } = fault;
        trouble.answers[to].add(match, times, { status, ...given({ code, backoffMs }) });
        return {};
      }
      case 'seed':
        trouble.random.reseed(fault.seed);
        return drawn();
      case 'reset':
        realtime.refuse(false);
        realtime.halfOpen(false);
        trouble.reset();
        realtime.troubled();
        return {};
    }
  };
  const drawn = (): { seed: number } => {
    const { seed } = trouble.random;
    log(`Faults draw from seed ${seed}`);
    return { seed };
  };
  const order = (value: unknown): FaultOutcome => {
    const fault = readFault(value);
    return { op: fault.op, ...carryOut(fault) };
  };
  const count = (fault: Fault): number => order(fault).sockets ?? 0;

  return {
    order,
    drop: (identity) => count({ op: 'drop', ...given({ identity }) }),
    dropAround: (when, match = {}) => void order({ op: 'drop', when, ...given(match) }),
    refuse: (on) => void order({ op: 'refuse', on }),
    close: ({ code, status, identity }) => count({ op: 'close', code, ...given({ status, identity }) }),
    tokenAboutToExpire: (identity) => count({ op: 'tokenAboutToExpire', identity }),
    expireToken: (identity, how) => count({ op: 'expireToken', identity, how }),
    latency: (ms, spread = {}) => void order({ op: 'latency', ms, ...given(spread) }),
    halfOpen: (on, identity) => count({ op: 'halfOpen', on, ...given({ identity }) }),
    pauseReplies: (on, identity) => void order({ op: 'pauseReplies', on, ...given({ identity }) }),
    disorder: (plan) => void order({ op: 'disorder', ...given(plan) }),
    answer: (answer) => void order({ op: 'answer', ...given(answer) }),
    seed: (seed) => void order({ op: 'seed', seed }),
    reset: () => void order({ op: 'reset' }),
  };
}
