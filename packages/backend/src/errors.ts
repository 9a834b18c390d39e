import type { Call, Params, Reply } from './call.js';

/** A refusal with a stable code, an HTTP status and a sentence for the person who has to act on it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly status: number;
  /** Seconds after which the same call may work. */
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** What a failure that nobody foresaw looks like from outside: no stack, no detail of ours. */
export const internalError: ServiceError = new ServiceError(
  500,
  'internal_error',
  'Something went wrong on the server. Try again; if it stays, look into its log.',
);

/** The answer to a refused call. */
export function errorReply(
  error: ServiceError,
  extra: { headers?: Reply['headers']; body?: object } = {},
): Reply {
  return {
    status: error.status,
    headers: {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }),
      ...extra.headers,
    },
    body: { error: { code: error.code, message: error.message }, ...extra.body },
  };
}

/** The decoded body of a call, or the refusal that its body deserves. */
export function bodyParams(call: Call): Params {
  switch (call.body.kind) {
    case 'params':
      return call.body.params;
    case 'too_large':
      throw new ServiceError(413, 'body_too_large', 'The request body is larger than this address accepts.');
    case 'unsupported':
      throw new ServiceError(
        415,
        'unsupported_media_type',
        'Send the body as application/x-www-form-urlencoded or application/json.',
      );
    case 'malformed':
      throw new ServiceError(
        400,
        'bad_request',
        'The request body could not be read as what its content type says.',
      );
  }
}

/**
 * What a log may hold of a failure. Errors of the Twilio helper carry the account's credentials in their fields
 * (a network failure brings the whole request along), so no error is ever logged as it is.
 */
export interface ErrorFacts {
  name?: string;
  status?: number;
  code?: string | number;
  message: string;
}

/** Reads the few fields of a failure that are safe to log. Total: anything can be thrown. */
export function errorFacts(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { message: 'Something that is not an error was thrown.' };
  const { status, code } = error as { status?: unknown; code?: unknown };
  return {
    name: error.name,
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof code === 'number' || typeof code === 'string' ? { code } : {}),
    message: error.message,
  };
}
