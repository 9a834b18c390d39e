import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import type { RouteCall } from '../upstream.js';

export type SdkActor = Extract<Actor, { source: 'SDK' }>;

/** Every call of the client API is made by the identity of its socket. */
export function actorOf(call: RouteCall): SdkActor {
  return { source: 'SDK', identity: call.session.identity };
}

/** The JSON body of a call; none at all counts as `{}`. */
export function readBody(call: RouteCall): JsonObject {
  if (call.request.body === '') return {};
  const body = parseJson(call.request.body);
  if (!isObject(body)) throw new Refusal('invalid_parameter', 'the body is not a JSON object');
  return body;
}

/** Text, or undefined when the field is not there (or null, which some SDK calls send for "none"). */
export function optionalText(body: JsonObject, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Refusal('invalid_parameter', `${field} is not a string`);
  return value;
}

/** A list of texts, or undefined as with {@link optionalText}. */
export function optionalTexts(body: JsonObject, field: string): string[] | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
    throw new Refusal('invalid_parameter', `${field} is not a list of strings`);
  }
  return value;
}

export function requiredText(body: JsonObject, field: string): string {
  const value = optionalText(body, field);
  if (value === undefined) throw new Refusal('invalid_parameter', `${field} is missing`);
  return value;
}

export function optionalObject(body: JsonObject, field: string): JsonObject | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new Refusal('invalid_parameter', `${field} is not an object`);
  return value;
}

/** A whole number, or null. */
export function optionalIndex(body: JsonObject, field: string): number | null | undefined {
  const value = body[field];
  if (value === undefined || value === null) return value;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new Refusal('invalid_parameter', `${field} is not an integer`);
  }
  return value;
}

/** Refuses by name what this release does not do, rather than leaving it out silently. */
export function refuseFields(body: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    const value = body[field];
    const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    if (!empty) throw new Refusal('not_implemented', field);
  }
}
