import { parse } from 'node:querystring';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Call, CallBody, Params, Reply } from '../call.js';
import { callerOf } from './proxies.js';

/** Body parsers' refusals that the handler answers in its own way, with its own headers. */
const UNREADABLE_BODIES: Readonly<
  Record<string, CallBody['kind'] & ('too_large' | 'unsupported' | 'malformed')>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed',
};

/** The body of a request that Fastify's parsers gave up on, or `undefined` when the failure is another one. */
export function unreadableBody(error: FastifyError): CallBody | undefined {
  const kind = UNREADABLE_BODIES[error.code];
  return kind && { kind };
}

/** Twilio sends about thirty. Strangers may send as many as fit into a body, and a signature sorts and hashes them all. */
const MOST_VALUES = 200;

/** The parameters of a form; of one that has too many just enough to tell. */
export function parseForm(text: string): Params {
  return parse(text, '&', '=', { maxKeys: MOST_VALUES + 1 }) as Params;
}

/** A Fastify request as a call. */
export function toCall(request: FastifyRequest, body: CallBody = readBody(request.body)): Call {
  const mark = request.url.indexOf('?');
  const headers: Record<string, string> = {};
  for (const name in request.headers) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: request.method,
    headers,
    query: request.query as Params,
    search: mark === -1 ? '' : request.url.slice(mark),
    body,
    ip: callerOf(request),
  };
}

function readBody(body: unknown): CallBody {
  if (body === undefined || body === null) return { kind: 'params', params: {} };
  if (typeof body !== 'object' || Array.isArray(body)) return { kind: 'malformed' };
  const params: Record<string, string | string[]> = Object.create(null);
  const entries = Object.entries(body);
  const values = entries.reduce((sum, [, value]) => sum + (Array.isArray(value) ? value.length : 1), 0);
  if (values > MOST_VALUES) return { kind: 'malformed' };
  for (const [name, value] of entries) {
    if (typeof value === 'string') params[name] = value;
    else if (Array.isArray(value) && value.every((each) => typeof each === 'string')) params[name] = value;
    else return { kind: 'malformed' };
  }
  return { kind: 'params', params };
}

/** Sends a handler's reply. */
export function send(reply: FastifyReply, answer: Reply): FastifyReply {
  reply.code(answer.status).headers(answer.headers);
  if (answer.body === null) return reply.send();
  if (typeof answer.body === 'string') return reply.type('text/plain; charset=utf-8').send(answer.body);
  return reply.type('application/json; charset=utf-8').send(answer.body);
}
