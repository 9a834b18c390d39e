import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJwt } from 'jose';
import { isObject } from '../json.js';
import { respondError } from '../rest/respond.js';
import type { Trouble } from '../trouble/trouble.js';
import { forcedMessage } from '../twilsock/statuses.js';

/** Answers a request over HTTP when a fault wants it to fail. True when it has: then nobody else may answer. */
export function answerByForce(
  trouble: Trouble,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean {
  const rules = trouble.answers.request;
  const { method = '' } = request;
  // A preflight is no request of the page's own.
  if (!rules.any || method === 'OPTIONS') return false;
  const forced = rules.meet({ method, path, identity: () => identityOf(request) });
  if (!forced) return false;
  const { status, code = 20_000 + status, backoffMs = 1_000 } = forced;
  request.resume();
  // The caller has checked the origin; without these a page would learn of no status at all.
  const { origin } = request.headers;
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'origin');
  }
  if (status === 429 || status === 503) response.setHeader('retry-after', Math.ceil(backoffMs / 1000));
  respondError(response, { status, code, message: forcedMessage });
  return true;
}

/** Who a media request says it is from. Nothing depends on it but which fault it meets, so that it is not verified. */
function identityOf(request: IncomingMessage): string | null {
  try {
    const { grants } = decodeJwt(String(request.headers['x-twilio-token']));
    return isObject(grants) && typeof grants.identity === 'string' ? grants.identity : null;
  } catch {
    return null;
  }
}
