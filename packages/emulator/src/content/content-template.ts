import { Refusal } from '../errors.js';
import { isObject, type JsonObject, parseJson } from '../json.js';

/** A template as Twilio's Content API writes it. `variables` are what stands where a message names none. */
export interface ContentTemplate {
  sid: string;
  friendly_name: string;
  variables: Readonly<Record<string, string>>;
  /** By type, such as `twilio/text`. Texts may hold `{{variable}}`. */
  types: Readonly<Record<string, JsonObject>>;
}

/** A template with its variables filled in. */
export interface RenderedContent {
  /** What who shows plain text shows. */
  body: string;
  contentType: string;
  /** The file that the SDK loads. */
  file: string;
}

/** The SDK knows the files of rendered content by how their type begins. */
const richPrefix = 'application/x-vnd.com.twilio.rich.';
const maxVariablesBytes = 16 * 1024;
const maxTemplates = 1_000;
/** It becomes a part of a header. */
const typeSyntax = /^[\w-]{1,60}\/[\w-]{1,60}$/;

/** Refuses, by the name of the parameter, what is no JSON object of texts. */
function readVariables(parameter: string, variables: string | undefined): Record<string, string> {
  if (variables === undefined || variables === '') return {};
  const bad = (sentence: string) => new Refusal('invalid_parameter', `${parameter} ${sentence}`);
  if (Buffer.byteLength(variables) > maxVariablesBytes)
    throw bad(`is longer than ${maxVariablesBytes} bytes`);
  const parsed = parseJson(variables);
  if (!isTexts(parsed)) throw bad('is not a JSON object whose values are strings');
  return parsed;
}

const isTexts = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((one) => typeof one === 'string');

/** Fills in every text, however deep. A variable that nobody gave stays as it is written. */
function fill(value: unknown, variables: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      /\{\{([^{}]+)\}\}/g,
      (whole, name: string) => variables.get(name.trim()) ?? whole,
    );
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, variables));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one, variables)]));
}

/** Renders the first type of a template. `parameter` is what the caller calls its variables. */
export function renderContent(
  template: ContentTemplate,
  variables: string | undefined,
  parameter: string,
): RenderedContent {
  const given = { ...template.variables, ...readVariables(parameter, variables) };
  const [type = '', variant = {}] = Object.entries(template.types)[0] ?? [];
  const filled = fill(variant, new Map(Object.entries(given)));
  const data = isObject(filled) ? filled : {};
  const text = data.body ?? data.title;
  return {
    body: typeof text === 'string' ? text : '',
    contentType: richPrefix + type.replace('/', '.'),
    file: JSON.stringify({ data }),
  };
}

/** Templates of one's own. Throws an error that says which one is wrong, and how. */
export function readTemplates(text: string): ContentTemplate[] {
  const parsed = parseJson(text);
  if (!Array.isArray(parsed)) throw new Error('content templates are a JSON list');
  if (parsed.length > maxTemplates) throw new Error(`content templates are at most ${maxTemplates}`);
  const sids = new Set<string>();
  return parsed.map((one: unknown, place) => {
    const bad = (sentence: string) => new Error(`content template ${place + 1}: ${sentence}`);
    if (!isObject(one)) throw bad('it is not an object');
    const { sid, friendly_name, variables = {}, types } = one;
    if (typeof sid !== 'string' || !/^HX[0-9a-f]{32}$/.test(sid)) throw bad('sid is HX and 32 hex digits');
    if (sids.has(sid)) throw bad(`there are two of ${sid}`);
    sids.add(sid);
    if (typeof friendly_name !== 'string') throw bad('friendly_name is not a string');
    if (!isTexts(variables)) throw bad('variables is not an object of strings');
    if (!isVariants(types)) throw bad('types is not an object with at least one type, such as twilio/text');
    const odd = Object.keys(types).find((type) => !typeSyntax.test(type));
    if (odd !== undefined) throw bad(`${JSON.stringify(odd)} is no type such as twilio/text`);
    return { sid, friendly_name, variables, types };
  });
}

const isVariants = (value: unknown): value is Record<string, JsonObject> =>
  isObject(value) && Object.keys(value).length > 0 && Object.values(value).every(isObject);
