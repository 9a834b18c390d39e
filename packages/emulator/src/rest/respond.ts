import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { errorBody, Refusal, type RefusalName, refusals } from '../errors.js';
import type { Json } from './call.js';

export interface ErrorReply {
  status: number;
  code: number;
  message: string;
}

/** How REST words a refusal. What is not there is named by its path, whatever it was. */
export function presentRefusal(refusal: Refusal, path: string): ErrorReply {
  const entry = refusals[refusal.reason];
  const status = entry.rest?.status ?? entry.status;
  const code = entry.rest?.code ?? entry.code;
  const resource = path.replace(/^\/v\d+(?=\/)/, '');
  const message = status === 404 ? `The requested resource ${resource} was not found` : refusal.message;
  return { status, code, message };
}

export function respondError(response: ServerResponse, { status, code, message }: ErrorReply): void {
  respond(response, status, { ...errorBody(status, code, message) });
}

export function respondRefusal(response: ServerResponse, reason: RefusalName, message: string): void {
  const { status, code } = presentRefusal(new Refusal(reason), '');
  respondError(response, { status, code, message });
}

export function respond(response: ServerResponse, status: number, body?: Json): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    'twilio-request-id': `RQ${randomBytes(16).toString('hex')}`,
    // These answers hold messages: nothing on the way may keep them, and no browser may guess at their type.
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(body !== undefined && {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    }),
    ...(status === 401 && { 'www-authenticate': 'Basic realm="Twilio API"' }),
  });
  response.end(text);
}
