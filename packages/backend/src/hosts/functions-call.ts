import type { Call, CallBody, Params } from '../call.js';

/** What a Function is called with: query and body in one object, and the request's headers beside them. */
export type FunctionEvent = Readonly<Record<string, unknown>>;

const READABLE = ['application/x-www-form-urlencoded', 'application/json'];

/**
 * A Function's event as a call. The platform tells neither the method nor which parameters came in the URL: whoever
 * names a type for a body has sent one, everybody else is taken to have asked with GET. So a proof in the URL of a POST
 * cannot be told from one in its body here. Total: anything can be in an event.
 */
export function toCall(event: FunctionEvent, bodyLimit: number): Call {
  const { request, ...given } = event;
  const headers = readHeaders(request);
  const type = headers['content-type'];
  const body = readParams(given, bodyLimit);
  if (type === undefined) {
    const query = body.kind === 'params' ? body.params : {};
    return { method: 'GET', headers, query, search: '', body: asGiven(body) };
  }
  const readable = READABLE.includes(type.split(';', 1)[0]?.trim().toLowerCase() ?? '');
  return { method: 'POST', headers, query: {}, search: '', body: readable ? body : { kind: 'unsupported' } };
}

/** What came in the URL is no body; what could not be read stays a refusal. */
function asGiven(body: CallBody): CallBody {
  return body.kind === 'params' ? { kind: 'params', params: {} } : body;
}

function readHeaders(request: unknown): Record<string, string> {
  const found: Record<string, string> = Object.create(null);
  // The platform puts parameters over it: `request=x` leaves no headers, and with `request[headers][origin]=…` every page
  // writes its own. So `Origin` keeps nobody from calling here; what the page may read of the answer, browsers decide.
  const headers = isRecord(request) && isRecord(request.headers) ? request.headers : {};
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (typeof text === 'string') found[name.toLowerCase()] = text;
  }
  return found;
}

/** The body was parsed before we see it, so what is measured is its names and values. */
function readParams(given: Readonly<Record<string, unknown>>, limit: number): CallBody {
  const params: Record<string, string | string[]> = Object.create(null);
  let size = 0;
  for (const [name, value] of Object.entries(given)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    if (!values.every((each) => typeof each === 'string')) return { kind: 'malformed' };
    size += values.reduce((sum, each) => sum + Buffer.byteLength(name) + Buffer.byteLength(each), 0);
    if (size > limit) return { kind: 'too_large' };
    params[name] = Array.isArray(value) ? values : values.join();
  }
  return { kind: 'params', params: params satisfies Params };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
