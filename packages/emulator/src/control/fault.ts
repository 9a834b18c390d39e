import { limits } from '../conversations/limits.js';
import { Refusal } from '../errors.js';
import { isObject } from '../json.js';

/** One trouble to make, as it is ordered over HTTP and by method alike. */
export type Fault =
  | { op: 'drop'; identity?: string }
  | { op: 'refuse'; on: boolean }
  | { op: 'close'; identity?: string; code: number; status?: string }
  | { op: 'tokenAboutToExpire'; identity: string }
  | { op: 'expireToken'; identity: string; how: 'drop' | 'close410' }
  | { op: 'latency'; ms: number }
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
const ways = {
  allowed: 'drop or close410',
  holds: (value: unknown) => value === 'drop' || value === 'close410',
};

const shapes: Readonly<Record<Fault['op'], Readonly<Record<string, Field>>>> = {
  drop: { identity: optional(identity) },
  refuse: { on: required(onOrOff) },
  close: {
    code: required(wholeNumber(100, 599)),
    status: optional(text(100)),
    identity: optional(identity),
  },
  tokenAboutToExpire: { identity: required(identity) },
  expireToken: { identity: required(identity), how: required(ways) },
  latency: { ms: required(wholeNumber(0, 60_000)) },
  reset: {},
};

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
  // Every field of this op's case has just been checked against the table.
  return value as Fault;
}
