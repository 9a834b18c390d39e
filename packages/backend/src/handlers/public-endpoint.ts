import type { Call, Handler, Params, Reply } from '../call.js';
import { bodyParams, errorFacts, errorReply, internalError, ServiceError } from '../errors.js';
import type { Log } from '../log.js';
import { corsHeaders, isAllowedOrigin, type OriginConfig } from '../origin.js';

/** What every address that browsers call is made of. */
export interface PublicEndpointOptions {
  config: OriginConfig;
  log: Log;
  /** Milliseconds. */
  now: () => number;
}

/**
 * What addresses that browsers call have in common: who may call, from which page, and refusals that the page can
 * read. The cheapest checks come first; `answer` does the rest.
 */
export function publicEndpoint(
  { config, log, now }: PublicEndpointOptions,
  event: string,
  answer: (call: Call, body: Params) => Promise<Reply>,
  /** A refusal for methods other than POST, where an endpoint answers them differently. */
  checkMethod: (call: Call) => void = postOnly,
  /** What the refusal of another method names. */
  allow = 'POST, OPTIONS',
): Handler {
  function checkOrigin(call: Call): void {
    if (isAllowedOrigin(call, config)) return;
    throw new ServiceError(
      'origin_not_allowed',
      'Pages of this origin may not use this service: see ALLOWED_ORIGINS.',
    );
  }

  function preflight(call: Call): Reply {
    checkOrigin(call);
    return {
      status: 204,
      headers: {
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'Content-Type',
        'access-control-max-age': '600',
      },
      body: null,
    };
  }

  // Known before anybody calls, so that a call copies as little as it can.
  const headersFor = new Map(config.allowedOrigins.map((origin) => [origin, sharedHeaders(origin, config)]));
  const headersForOthers = sharedHeaders(undefined, config);

  async function serve(call: Call): Promise<Reply> {
    checkMethod(call);
    const body = bodyParams(call);
    checkOrigin(call);
    return await answer(call, body);
  }

  return async (call) => {
    const shared = headersFor.get(call.headers.origin ?? '') ?? headersForOthers;
    try {
      const reply = call.method === 'OPTIONS' ? preflight(call) : await serve(call);
      return { ...reply, headers: Object.assign({}, shared, reply.headers) };
    } catch (error) {
      const known = error instanceof ServiceError;
      if (known) {
        log.info(
          { event, outcome: error.code, origin: call.headers.origin, from: call.ip },
          `${event} refused`,
        );
      } else {
        log.error({ event, outcome: 'internal_error', ...errorFacts(error) }, `${event} failed`);
      }
      return errorReply(known ? error : internalError, {
        headers: { ...shared, ...(known && error.status === 405 ? { allow } : {}) },
        body: { serverTime: Math.floor(now() / 1000) },
      });
    }
  };
}

function sharedHeaders(origin: string | undefined, config: OriginConfig): Reply['headers'] {
  return {
    ...corsHeaders(origin, config),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'cross-origin',
  };
}

function postOnly(call: Call): void {
  if (call.method !== 'POST') throw new ServiceError('method_not_allowed', 'Ask with POST.');
}
