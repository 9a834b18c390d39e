import type { Domain } from '../conversations/domain.js';
import type { Actor } from '../facts.js';
import type { Form } from './form.js';

/** A value of JSON as REST answers it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Where a resource is seen from: the same rows have other URLs, and a field more, below `/v1/Services/{IS}`. */
export interface View {
  accountSid: string;
  /** Scheme, host and port as the caller wrote them, so that links can be followed literally. */
  baseUrl: string;
  /** The part of URLs before a scoped resource: `…/v1` or `…/v1/Services/{IS}`. */
  root: string;
  /** Set when the path names a service. */
  serviceSid: string | null;
}

/** One authenticated request to a route. */
export interface Call {
  domain: Domain;
  by: Extract<Actor, { source: 'API' }>;
  view: View;
  /** The request's path without its query. */
  path: string;
  /** A named part of the path, decoded. */
  param(name: string): string;
  query: Form;
  form: Form;
}

export type Reply = { status: 200 | 201; body: Json } | { status: 204 };

export const fetched = (body: Json): Reply => ({ status: 200, body });
export const created = (body: Json): Reply => ({ status: 201, body });
export const removed: Reply = { status: 204 };

export type Method = 'GET' | 'POST' | 'DELETE';

export interface Route {
  method: Method;
  /** Segments below the prefix; those with a colon are parameters. */
  path: string;
  answer(call: Call): Reply;
}
