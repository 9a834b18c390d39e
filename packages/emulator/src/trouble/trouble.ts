import type { DisorderPlan } from './disorder.js';
import { drawLatency, type Latency } from './latency.js';
import { createRandom, type Random, usualSeed } from './random.js';
import { createRequestRules, type RequestRules } from './requests.js';

/** What is wrong with one socket's way out. */
export interface LineTrouble {
  /** Draws the milliseconds that a frame is held back. */
  delay: (() => number) | undefined;
  disorder: DisorderPlan | undefined;
  repliesWait: boolean;
}

/** What a request gets instead of being carried out. */
export interface ForcedAnswer {
  status: number;
  code?: number;
  backoffMs?: number;
}

/** When the socket is cut, around a write. */
export type Cut = 'beforeWrite' | 'afterWrite' | 'afterReply';

/** Meant for everybody, or for one identity; an identity's own goes before everybody's. */
interface Target {
  identity?: string;
}

/** The faults that last, of one emulator. Whoever changes them tells the open sockets to look again. */
export interface Trouble {
  readonly random: Random;
  /** `undefined` while nothing is wrong. Before a socket has authenticated, `identity` is null. */
  line(identity: string | null): LineTrouble | undefined;
  /** Of requests in frames and over HTTP, and of the frames `init` and `update`. */
  readonly answers: Readonly<Record<'request' | 'init' | 'update', RequestRules<ForcedAnswer>>>;
  /** Of requests in frames that change something. */
  readonly cuts: RequestRules<Cut>;
  latency(latency: Latency, target: Target): void;
  disorder(plan: DisorderPlan, target: Target): void;
  pauseReplies(on: boolean, target: Target): void;
  reset(): void;
}

export function createTrouble(): Trouble {
  const random = createRandom();
  const latency = createSetting<Latency>();
  const disorder = createSetting<DisorderPlan>();
  const pause = createSetting<true>();
  const answers = {
    request: createRequestRules<ForcedAnswer>(),
    init: createRequestRules<ForcedAnswer>(),
    update: createRequestRules<ForcedAnswer>(),
  };
  const cuts = createRequestRules<Cut>();

  return {
    random,
    answers,
    cuts,
    line(identity) {
      const held = latency.of(identity);
      const plan = disorder.of(identity);
      const repliesWait = pause.of(identity) ?? false;
      if (!held && !plan && !repliesWait) return undefined;
      return { delay: held && (() => drawLatency(held, random)), disorder: plan, repliesWait };
    },
    latency: (given, target) => latency.set(given.ms === 0 && given.jitter === 0 ? undefined : given, target),
    disorder(plan, target) {
      const nothing = plan.reorder === 0 && plan.duplicate === 0 && plan.maxMs === 0;
      disorder.set(nothing ? undefined : plan, target);
    },
    pauseReplies: (on, target) => pause.set(on ? true : undefined, target),
    reset() {
      for (const setting of [latency, disorder, pause]) setting.clear();
      for (const rules of [...Object.values(answers), cuts]) rules.clear();
      random.reseed(usualSeed);
    },
  };
}

interface Setting<Value> {
  of(identity: string | null): Value | undefined;
  /** Set for everybody, it takes the place of what was set for single identities. */
  set(value: Value | undefined, target: Target): void;
  clear(): void;
}

function createSetting<Value>(): Setting<Value> {
  const own = new Map<string, Value | undefined>();
  let everybodys: Value | undefined;
  return {
    of: (identity) => (identity !== null && own.has(identity) ? own.get(identity) : everybodys),
    set(value, { identity }) {
      if (identity === undefined) {
        own.clear();
        everybodys = value;
      } else own.set(identity, value);
    },
    clear() {
      own.clear();
      everybodys = undefined;
    },
  };
}
