import { isObject, type JsonObject } from '../json.js';
import type { TunnelledRequest } from '../upstream.js';
import type { Frame } from './frames.js';

/** Which pushes a product of the client wants. */
export interface Registration {
  type: string;
  product: string;
  messageTypes: string[];
}

/** What a client may say, one case a method. */
export type ClientMessage =
  | {
      method: 'init';
      id: string;
      token: string;
      continuationToken: string | null;
      /** Undefined when the frame says nothing of them. */
      registrations: Registration[] | undefined;
    }
  | { method: 'update'; id: string; token: string }
  | { method: 'message'; id: string; request: TunnelledRequest }
  | { method: 'put_notification_ctx' | 'delete_notification_ctx'; id: string }
  | { method: 'close' }
  /** Delivery hints and telemetry: nobody waits for an answer. */
  | { method: 'ignored' }
  | { method: 'invalid'; id: string | undefined; reason: string };

const invalid = (id: string | undefined, reason: string): ClientMessage => ({
  method: 'invalid',
  id,
  reason,
});

/** Sorts a frame into its case. Never throws; what does not fit is `invalid` and says why. */
export function readClientMessage({ header, payload }: Frame): ClientMessage {
  const { method } = header;
  if (method === 'reply' || method === 'telemetry.v1') return { method: 'ignored' };
  if (method === 'close') return { method };
  const { id } = header;
  if (typeof id !== 'string' || id === '' || id.length > 256)
    return invalid(undefined, 'the frame has no id');
  switch (method) {
    case 'init':
      return readInit(id, header);
    case 'update':
      if (typeof header.token !== 'string') return invalid(id, 'token is not a string');
      return { method, id, token: header.token };
    case 'message':
      return readRequest(id, header.http_request, payload);
    case 'put_notification_ctx':
    case 'delete_notification_ctx':
      return { method, id };
    default:
      return invalid(id, 'unknown method');
  }
}

function readInit(id: string, header: JsonObject): ClientMessage {
  const { token, continuation_token, registrations } = header;
  if (typeof token !== 'string') return invalid(id, 'token is not a string');
  const read = Array.isArray(registrations) ? registrations.slice(0, 10).map(readRegistration) : undefined;
  const known = read?.filter((one) => one !== undefined);
  if (known?.length !== read?.length) {
    return invalid(id, 'registrations is not a list of {type, product, message_types}');
  }
  return {
    method: 'init',
    id,
    token,
    continuationToken: typeof continuation_token === 'string' ? continuation_token : null,
    registrations: known,
  };
}

// Checked to the last string, as the reply repeats it: JSON can be read at a depth at which it cannot be written.
function readRegistration(value: unknown): Registration | undefined {
  if (!isObject(value)) return undefined;
  const { type, product, message_types: messageTypes } = value;
  if (typeof type !== 'string' || typeof product !== 'string' || !Array.isArray(messageTypes))
    return undefined;
  if (!messageTypes.every((one) => typeof one === 'string')) return undefined;
  return { type, product, messageTypes };
}

function readRequest(id: string, request: unknown, body: string): ClientMessage {
  if (!isObject(request)) return invalid(id, 'http_request is missing');
  const { method, path, params, headers } = request;
  if (typeof method !== 'string' || typeof path !== 'string') {
    return invalid(id, 'http_request has no method or path');
  }
  const decodedPath = decodePath(path);
  const decodedParams = decodeParams(params);
  if (decodedPath === undefined || decodedParams === undefined) {
    return invalid(id, 'http_request path or params are not percent-encoded text');
  }
  const contentType = isObject(headers) ? readContentType(headers) : '';
  return {
    method: 'message',
    id,
    request: { method: method.toUpperCase(), path: decodedPath, params: decodedParams, contentType, body },
  };
}

function readContentType(headers: JsonObject): string {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'content-type' && typeof value === 'string') {
      return value.split(';')[0]?.trim().toLowerCase() ?? '';
    }
  }
  return '';
}

function decodeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

// The path is only checked here and decoded a segment at a time by its reader: an encoded slash is no separator.
function decodePath(path: string): string | undefined {
  const withoutQuery = path.split('?')[0] ?? '';
  return decodeText(withoutQuery) === undefined ? undefined : withoutQuery;
}

/** Of a repeated parameter the last one counts. */
function decodeParams(params: unknown): Record<string, string> | undefined {
  const decoded: Record<string, string> = Object.create(null);
  if (params === undefined || params === null) return decoded;
  if (!isObject(params)) return undefined;
  for (const [rawName, rawValue] of Object.entries(params)) {
    const last: unknown = Array.isArray(rawValue) ? rawValue.at(-1) : rawValue;
    if (typeof last === 'object' && last !== null) return undefined;
    const name = decodeText(rawName);
    const value = decodeText(String(last ?? ''));
    if (name === undefined || value === undefined) return undefined;
    decoded[name] = value;
  }
  return decoded;
}
