import { randomUUID } from 'node:crypto';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { type FormFields, signRequest } from './sign.js';
import { type Address, judgeTarget, type Resolve } from './target.js';

export interface Delivery {
  url: string;
  method: 'GET' | 'POST';
  fields: FormFields;
}

/** `status` is what was answered, if anything was. */
export type Outcome =
  | { delivered: true; status: number }
  | { delivered: false; reason: string; status?: number };

export interface DeliverOptions {
  authToken: string;
  /** Hosts besides loopback that may be called. */
  allowedHosts: readonly string[];
  /** Time for the whole exchange, in milliseconds. Default 5000, as at Twilio. */
  timeoutMs?: number;
  resolve?: Resolve;
}

const maxAnswerBytes = 64 * 1024;

/** Where the request really goes: a GET carries the fields in its query. Fragments stay at home. */
function requestUrl(delivery: Delivery): string {
  const [withoutFragment = delivery.url] = delivery.url.split('#');
  if (delivery.method === 'POST') return withoutFragment;
  const separator = withoutFragment.includes('?') ? '&' : '?';
  return `${withoutFragment}${separator}${new URLSearchParams(delivery.fields)}`;
}

/** Answers every look-up of the connection with the addresses that were checked before. */
function pinned(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) return callback(null, [...addresses]);
    const [first] = addresses;
    if (!first) return callback(new Error('no address'), '', 0);
    callback(null, first.address, first.family);
  };
}

function open(url: URL, delivery: Delivery, addresses: readonly Address[], signature: string): ClientRequest {
  const body = delivery.method === 'POST' ? new URLSearchParams(delivery.fields).toString() : '';
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method: delivery.method,
    // No pooling: a delivery owns its connection, so that its end is the end of the socket too.
    agent: false,
    lookup: pinned(addresses),
    headers: {
      accept: '*/*',
      connection: 'close',
      'user-agent': 'TwilioProxy/1.1',
      'x-twilio-signature': signature,
      'i-twilio-idempotency-token': randomUUID(),
      ...(delivery.method === 'POST' && {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      }),
    },
  });
  request.end(body);
  return request;
}

function judgeAnswer(status: number): Outcome {
  if (status >= 200 && status < 300) return { delivered: true, status };
  const note = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return { delivered: false, reason: `answered ${status}${note}`, status };
}

/** Reads the answer to its end, which nobody wants but which must stay within bounds. */
function exchange(request: ClientRequest): Promise<Outcome> {
  return new Promise((settle) => {
    const fail = (reason: string) => settle({ delivered: false, reason });
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    request.on('response', (response: IncomingMessage) => {
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxAnswerBytes) fail('answered more than 64 KB');
      });
      response.on('end', () => settle(judgeAnswer(response.statusCode ?? 0)));
      // An answer that breaks off after its head fails here, and not on the request.
      response.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    });
  });
}

async function attempt(delivery: Delivery, options: DeliverOptions, late: AbortSignal): Promise<Outcome> {
  const text = requestUrl(delivery);
  const target = await judgeTarget(text, options.allowedHosts, options.resolve);
  if (!target.allowed) return { delivered: false, reason: target.reason };
  // Time may run out while a name is looked up; nobody waits for this delivery any more.
  if (late.aborted) return { delivered: false, reason: 'too late' };
  const fields = delivery.method === 'POST' ? delivery.fields : {};
  const request = open(target.url, delivery, target.addresses, signRequest(options.authToken, text, fields));
  const destroy = () => void request.destroy();
  late.addEventListener('abort', destroy, { once: true });
  return exchange(request).finally(destroy);
}

/** Tells one webhook of one event. Never rejects and never tries again: the outcome says how it went. */
export function deliver(delivery: Delivery, options: DeliverOptions): Promise<Outcome> {
  const { timeoutMs = 5000 } = options;
  const late = new AbortController();
  return new Promise((settle) => {
    const timer = setTimeout(() => {
      settle({ delivered: false, reason: `no answer within ${timeoutMs} ms` });
      late.abort();
    }, timeoutMs);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      settle(outcome);
    };
    attempt(delivery, options, late.signal).then(finish, (error: unknown) =>
      finish({ delivered: false, reason: error instanceof Error ? error.message : String(error) }),
    );
  });
}
