import { STATUS_CODES } from 'node:http';
import { tokenErrors } from '../auth/access-token.js';
import { isObject, type JsonObject } from '../json.js';
import type { ForcedAnswer } from '../trouble/trouble.js';

const reason = (code: number): string => (code === 200 ? 'OK' : (STATUS_CODES[code] ?? 'Unknown'));

/** A status as replies carry it. */
export const status = (code: number): JsonObject => ({ code, status: reason(code) });

/** 308 has a name of its own in Twilsock. */
export const goodbyeName = (code: number): string => (code === 308 ? 'OFFLOAD' : reason(code));

/** What a reply says of the request it answers, or of itself. */
export function statusOf({ http_status, status }: JsonObject): { status: number } | undefined {
  const { code } = isObject(http_status) ? http_status : isObject(status) ? status : {};
  return typeof code === 'number' ? { status: code } : undefined;
}

export const tokenRefusal = (errorCode: keyof typeof tokenErrors): JsonObject => ({
  status: { code: 401, status: 'UNAUTHORIZED', errorCode, description: tokenErrors[errorCode] },
});

/** `init` and `update` refused on request. The SDK waits for `backoffMs` after a 429 before it tries again. */
export function forcedRefusal({ status: code, code: errorCode, backoffMs }: ForcedAnswer): {
  header: JsonObject;
  payload?: JsonObject;
} {
  const name = reason(code).toUpperCase().replace(/\W+/g, '_');
  const header = {
    status: { code, status: name, ...(errorCode !== undefined && { errorCode }), description: forcedMessage },
  };
  if (backoffMs === undefined) return { header };
  const policy = { reconnect_min_ms: backoffMs, reconnect_max_ms: 2 * backoffMs };
  return { header, payload: { backoff_policy: policy } };
}

export const forcedMessage = 'Refused on request (a fault under test)';
