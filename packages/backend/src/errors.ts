import type { Call, Params, Reply } from './call.js';

/** Every refusal by its code, which never changes, and its HTTP status. The README has the same table. */
export const ERROR_STATUS = {
  bad_request: 400,
  identity_malformed: 400,
  proof_malformed: 400,
  proof_required: 401,
  user_token_expired: 401,
  user_token_invalid: 401,
  audience_mismatch: 403,
  banned: 403,
  claim_refused: 403,
  delivery_too_old: 403,
  human_check_required: 403,
  identity_expired: 403,
  identity_not_yet_valid: 403,
  identity_reserved: 403,
  migration_refused: 403,
  origin_not_allowed: 403,
  proof_invalid: 403,
  signature_invalid: 403,
  not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  budget_exhausted: 429,
  rate_limited: 429,
  internal_error: 500,
  port_in_use: 500,
  twilio_unavailable: 502,
  human_check_unavailable: 503,
  jwks_unavailable: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** A refusal with a stable code, an HTTP status and a sentence for the person who has to act on it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  readonly status: number;
  /** Seconds after which the same call may work. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, more: { status?: number; retryAfter?: number } = {}) {
    super(message);
    this.code = code;
    this.status = more.status ?? ERROR_STATUS[code];
    this.retryAfter = more.retryAfter;
  }
}

/** What a failure that nobody foresaw looks like from outside: no stack, no detail of ours. */
export const internalError: ServiceError = new ServiceError(
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
      throw new ServiceError('body_too_large', 'The request body is larger than this address accepts.');
    case 'unsupported':
      throw new ServiceError(
        'unsupported_media_type',
        'Send the body as application/x-www-form-urlencoded or application/json.',
      );
    case 'malformed':
      throw new ServiceError(
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
