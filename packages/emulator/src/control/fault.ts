import { limits } from '../conversations/limits.js';
import { Refusal } from '../errors.js';
import { isObject, type JsonObject } from '../json.js';
import type { DisorderPlan } from '../trouble/disorder.js';
import { type Distribution, longestDelay } from '../trouble/latency.js';
import type { RequestMatch } from '../trouble/requests.js';
import type { Cut, ForcedAnswer } from '../trouble/trouble.js';

/** One trouble to make, as it is ordered over HTTP and by method alike. */
export type Fault =
  | ({ op: 'drop'; when?: 'now' | Cut } & RequestMatch)
  | { op: 'refuse'; on: boolean }
  | { op: 'close'; identity?: string; code: number; status?: string }
  | { op: 'tokenAboutToExpire'; identity: string }
  | { op: 'expireToken'; identity: string; how: 'drop' | 'close410' }
  | { op: 'latency'; ms: number; jitter?: number; distribution?: Distribution; identity?: string }
  | { op: 'halfOpen'; on: boolean; identity?: string }
  | { op: 'pauseReplies'; on: boolean; identity?: string }
  | ({ op: 'disorder'; identity?: string } & Partial<DisorderPlan>)
  | ({ op: 'answer'; to?: 'request' | 'init' | 'update'; times?: number } & ForcedAnswer & RequestMatch)
  | { op: 'seed'; seed: number }
  | { op: 'reset' };

interface Field {
  required: boolean;
  /** Ends the sentence "… must be". */
  allowed: string;
  holds(value: unknown): boolean;
}

const text = (longest: number): Omit<Field, 'required'> => ({
  allowed: `a text of 1 to ${longest} characters`,
  holds: (value) => typeof value === 'string' && value !== '' && value.length <= longest,
});
const wholeNumber = (least: number, most: number): Omit<Field, 'required'> => ({
  allowed: `a whole number from ${least} to ${most}`,
  holds: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
});
const required = (field: Omit<Field, 'required'>): Field => ({ ...field, required: true });
const optional = (field: Omit<Field, 'required'>): Field => ({ ...field, required: false });

const identity = text(limits.identityLength);
const onOrOff = { allowed: 'true or false', holds: (value: unknown) => typeof value === 'boolean' };
const oneOf = (...words: string[]): Omit<Field, 'required'> => ({
  allowed: `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
  holds: (value) => typeof value === 'string' && words.includes(value),
});
const chance = {
  allowed: 'a number from 0 to 1',
  holds: (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1,
};
const delay = wholeNumber(0, longestDelay);
const requestMatch = {
  method: optional(text(20)),
  path: optional(text(300)),
  identity: optional(identity),
  nth: optional(wholeNumber(1, 1_000_000)),
};

const shapes: Readonly<Record<Fault['op'], Readonly<Record<string, Field>>>> = {
  drop: { when: optional(oneOf('now', 'beforeWrite', 'afterWrite', 'afterReply')), ...requestMatch },
  refuse: { on: required(onOrOff) },
  close: {
    code: required(wholeNumber(100, 599)),
    status: optional(text(100)),
    identity: optional(identity),
  },
  tokenAboutToExpire: { identity: required(identity) },
  expireToken: { identity: required(identity), how: required(oneOf('drop', 'close410')) },
  latency: {
    ms: required(delay),
    jitter: optional(delay),
    distribution: optional(oneOf('uniform', 'normal', 'exponential')),
    identity: optional(identity),
  },
  halfOpen: { on: required(onOrOff), identity: optional(identity) },
  pauseReplies: { on: required(onOrOff), identity: optional(identity) },
  disorder: {
    reorder: optional(wholeNumber(0, 100)),
    duplicate: optional(chance),
    minMs: optional(delay),
    maxMs: optional(delay),
    keep: optional(oneOf('item', 'nothing')),
    identity: optional(identity),
  },
  answer: {
    status: required(wholeNumber(400, 599)),
    code: optional(wholeNumber(0, 99_999)),
    backoffMs: optional(delay),
    to: optional(oneOf('request', 'init', 'update')),
    times: optional(wholeNumber(1, 1_000_000)),
    ...requestMatch,
  },
  seed: { seed: required(wholeNumber(0, 2 ** 31 - 1)) },
  reset: {},
};

/** What no single field can tell: answers the sentence that refuses the order. */
function contradiction(op: Fault['op'], fault: JsonObject): string | undefined {
  const { when = 'now', method, path, nth, minMs = 0, maxMs = 0, to = 'request' } = fault;
  const narrowed = method !== undefined || path !== undefined;
  if (op === 'drop' && when === 'now' && (narrowed || nth !== undefined)) {
    return 'method, path and nth are for a drop whose when is beforeWrite, afterWrite or afterReply';
  }
  if (op === 'disorder' && Number(minMs) > Number(maxMs)) return 'minMs must not be more than maxMs';
  if (op === 'answer' && to !== 'request' && narrowed)
    return `method and path are not for ${to}, a frame of its own`;
  return undefined;
}

const knownOps = Object.keys(shapes).join(', ');
const isOp = (value: unknown): value is Fault['op'] =>
  typeof value === 'string' && Object.hasOwn(shapes, value);
const bad = (sentence: string): Refusal => new Refusal('invalid_parameter', sentence);

/** Takes anything; throws a `Refusal` that names the field and what is allowed there. */
export function readFault(value: unknown): Fault {
  if (!isObject(value)) throw bad(`the body must be one JSON object whose op is one of ${knownOps}`);
  const { op } = value;
  if (!isOp(op)) throw bad(`op must be one of ${knownOps}`);
  const shape = shapes[op];
  // A misspelt `identity` would otherwise cut everybody.
  const unknown = Object.keys(value).find((name) => name !== 'op' && !Object.hasOwn(shape, name));
  if (unknown !== undefined) {
    const known = Object.keys(shape).join(', ') || 'no fields';
    throw bad(`${unknown.slice(0, 50)} is not a field of ${op}, which takes ${known}`);
  }
  for (const [name, field] of Object.entries(shape)) {
    const given = Object.hasOwn(value, name);
    if (given ? !field.holds(value[name]) : field.required) throw bad(`${name} must be ${field.allowed}`);
  }
  const sentence = contradiction(op, value);
  if (sentence !== undefined) throw bad(sentence);
  // Every field of this op's case has just been checked against the table.
  return value as Fault;
}
