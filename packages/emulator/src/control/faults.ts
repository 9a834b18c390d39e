import { given } from '../given.js';
import type { EmulatorFaults } from '../options.js';
import type { Realtime } from '../realtime.js';
import { type Fault, readFault } from './fault.js';

/** What came of a fault. `sockets` is how many it met. */
export interface FaultOutcome {
  op: Fault['op'];
  sockets?: number;
}

export interface Faults extends EmulatorFaults {
  /** Reads one order and carries it out at once. Throws a `Refusal` for what it cannot read. */
  order(value: unknown): FaultOutcome;
}

/** Both ways to make trouble, by method and by order: the methods write an order. */
export function createFaults(realtime: Realtime): Faults {
  const order = (value: unknown): FaultOutcome => {
    const fault = readFault(value);
    const { op } = fault;
    switch (op) {
      case 'drop':
        return { op, sockets: realtime.drop(fault.identity) };
      case 'refuse':
        realtime.refuse(fault.on);
        return { op };
      case 'close':
        return { op, sockets: realtime.sendAway(fault) };
      case 'tokenAboutToExpire':
        return { op, sockets: realtime.tokenAboutToExpire(fault.identity) };
      case 'expireToken':
        return { op, sockets: realtime.expireToken(fault.identity, fault.how) };
      case 'latency':
        realtime.latency(fault.ms);
        return { op };
      case 'reset':
        realtime.refuse(false);
        realtime.latency(0);
        return { op };
    }
  };
  const count = (value: Fault): number => order(value).sockets ?? 0;

  return {
    order,
    drop: (identity) => count({ op: 'drop', ...given({ identity }) }),
    refuse: (on) => void order({ op: 'refuse', on }),
    close: ({ code, status, identity }) => count({ op: 'close', code, ...given({ status, identity }) }),
    tokenAboutToExpire: (identity) => count({ op: 'tokenAboutToExpire', identity }),
    expireToken: (identity, how) => count({ op: 'expireToken', identity, how }),
    latency: (ms) => void order({ op: 'latency', ms }),
    reset: () => void order({ op: 'reset' }),
  };
}
