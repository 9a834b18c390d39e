import { Refusal } from '../errors.js';

/** Form or query parameters. Every reader refuses a bad value with a sentence that names the parameter. */
export interface Form {
  /** The value; the last one when it was repeated. */
  text(name: string): string | undefined;
  requiredText(name: string): string;
  /** All values of a repeated parameter; undefined when there is none. */
  list(name: string): string[] | undefined;
  integer(name: string): number | undefined;
  /** An ISO 8601 date, in milliseconds since the epoch. */
  date(name: string): number | undefined;
  /** One of the allowed values, in any case; answered as it is spelt in `allowed`. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined;
  /** Refuses parameters that Twilio has and we do not: ignoring them would look like obeying. */
  refuse(...names: string[]): void;
  entries(): [string, string][];
}

/** Decodes `application/x-www-form-urlencoded` text; a query string is the same thing. */
export function decodeForm(encoded: string): Form {
  const parameters = new URLSearchParams(encoded);
  const text = (name: string): string | undefined => parameters.getAll(name).at(-1);

  return {
    text,
    requiredText(name) {
      const value = text(name);
      if (value === undefined || value === '') throw new Refusal('invalid_parameter', `${name} is missing`);
      return value;
    },
    list(name) {
      const values = parameters.getAll(name);
      return values.length > 0 ? values : undefined;
    },
    integer(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      if (!/^\d{1,15}$/.test(value)) {
        throw new Refusal('invalid_parameter', `${name} is not a whole number of 0 or more`);
      }
      return Number(value);
    },
    date(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const time = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(time)) {
        throw new Refusal(
          'invalid_parameter',
          `${name} is not an ISO 8601 date such as 2026-11-22T10:00:00Z`,
        );
      }
      return time;
    },
    oneOf(name, allowed) {
      const value = text(name);
      if (value === undefined) return undefined;
      const found = allowed.find((one) => one.toLowerCase() === value.toLowerCase());
      if (found === undefined) {
        throw new Refusal('invalid_parameter', `${name} is not one of ${allowed.join(', ')}`);
      }
      return found;
    },
    refuse(...names) {
      const given = names.find((name) => parameters.has(name));
      if (given !== undefined) {
        throw new Refusal('invalid_parameter', `${given} is not supported by the emulator yet`);
      }
    },
    entries: () => [...parameters],
  };
}
