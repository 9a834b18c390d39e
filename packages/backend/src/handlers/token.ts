import { createHash } from 'node:crypto';
import { createTokenSigner } from '../access-token.js';
import { type Call, type Handler, type Reply, valuesOf } from '../call.js';
import type { Config } from '../env.js';
import { bodyParams, errorFacts, errorReply, internalError, ServiceError } from '../errors.js';
import { type IdentityVerdict, isAnonymousIdentity, verifyIdentity } from '../identity.js';
import type { Log } from '../log.js';
import { corsHeaders, isAllowedOrigin } from '../origin.js';
import { type LimitedBy, type Limits, networkOf } from '../rate-limit.js';

/** What the token handler is made of. */
export interface TokenHandlerOptions {
  config: Config;
  limits: Limits;
  log: Log;
  /** Milliseconds. */
  now: () => number;
}

type Refusal = Extract<IdentityVerdict, { ok: false }>['code'];

const REFUSALS: Record<Refusal, string> = {
  proof_malformed: 'The proof is not "s1." and 43 base64url characters of a version 1 secret.',
  identity_not_yet_valid: "The identity was made in the future. Set the visitor's clock by serverTime.",
  identity_expired: 'The identity is older than this service accepts. Make a new one.',
  proof_invalid: 'The proof does not belong to this identity.',
};

/**
 * `POST /chat-widget?identity=<uuid>` with the body `proof=s1.…`: gives an access token to whoever shows that the
 * identity is theirs. Cheap checks come first, so that a flood of bad calls costs little.
 */
export function createTokenHandler({ config, limits, log, now }: TokenHandlerOptions): Handler {
  const sign = createTokenSigner(config);

  async function grant(call: Call): Promise<Reply> {
    checkMethod(call);
    const body = bodyParams(call);
    checkOrigin(call);
    const identity = readIdentity(call, body);
    // Some hosts do not know who calls; there only the identity is counted.
    if (call.ip !== undefined) await spend('ip', networkOf(call.ip));
    const proof = readProof(call, body);
    const seconds = Math.floor(now() / 1000);
    const verdict = verifyIdentity({
      identity,
      proof,
      appId: config.appId,
      now: seconds,
      ...(config.maxIdAgeDays === undefined ? {} : { maxAgeDays: config.maxIdAgeDays }),
    });
    if (!verdict.ok) throw new ServiceError(verdict.code, REFUSALS[verdict.code]);
    // Counted only now: before the proof, whoever knows an identity could use up its calls.
    await spend('identity', identity);
    const token = await sign(identity, seconds);
    log.info(
      {
        event: 'token',
        outcome: 'granted',
        visitor: fingerprint(identity),
        origin: call.headers.origin,
        key: config.apiKeySid,
      },
      'token granted',
    );
    if (asksForText(call)) return ok(token);
    return ok({
      token,
      identity,
      expiresIn: config.tokenTtl,
      ...(config.realtimeUrl === undefined ? {} : { realtimeUrl: config.realtimeUrl }),
    });
  }

  async function spend(bucket: LimitedBy, key: string): Promise<void> {
    const wait = await limits.take(bucket, key);
    if (wait === 0) return;
    throw new ServiceError('rate_limited', `Too many calls. Try again in ${wait} s.`, { retryAfter: wait });
  }

  function checkOrigin(call: Call): void {
    if (isAllowedOrigin(call, config.allowedOrigins)) return;
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

  return async (call) => {
    const shared = {
      ...corsHeaders(call, config.allowedOrigins),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'cross-origin',
    };
    try {
      const reply = call.method === 'OPTIONS' ? preflight(call) : await grant(call);
      return { ...reply, headers: { ...shared, ...reply.headers } };
    } catch (error) {
      const known = error instanceof ServiceError;
      if (known) {
        log.info({ event: 'token', outcome: error.code, origin: call.headers.origin }, 'token refused');
      } else {
        log.error({ event: 'token', outcome: 'internal_error', ...errorFacts(error) }, 'token failed');
      }
      return errorReply(known ? error : internalError, {
        headers: { ...shared, ...(known && error.status === 405 ? { allow: 'POST, OPTIONS' } : {}) },
        body: { serverTime: Math.floor(now() / 1000) },
      });
    }
  };
}

function checkMethod(call: Call): void {
  if (call.method === 'GET') {
    // The original service gave a token to any GET; a proof in a URL would end up in logs.
    throw new ServiceError('proof_required', 'Ask with POST and show the proof of the identity in the body.');
  }
  if (call.method !== 'POST') throw new ServiceError('method_not_allowed', 'Ask with POST.');
}

function readIdentity(call: Call, body: ReturnType<typeof bodyParams>): string {
  const [identity, ...more] = valuesOf('identity', call.query, body);
  if (more.length > 0)
    throw new ServiceError('bad_request', 'The parameter identity was given more than once.');
  if (identity === undefined || !isAnonymousIdentity(identity)) {
    throw new ServiceError(
      'identity_malformed',
      'The parameter identity must be a lower-case UUID of version 8.',
    );
  }
  return identity;
}

function readProof(call: Call, body: ReturnType<typeof bodyParams>): string {
  if (valuesOf('proof', call.query).length > 0) {
    throw new ServiceError(
      'bad_request',
      'A proof in the URL ends up in logs. Send it in the body, and make a new identity.',
    );
  }
  const [proof, ...more] = valuesOf('proof', body);
  if (more.length > 0) throw new ServiceError('bad_request', 'The parameter proof was given more than once.');
  if (proof === undefined || proof === '') {
    throw new ServiceError('proof_required', 'Show the proof of the identity in the body.');
  }
  return proof;
}

/** The original's clients want the bare token; whoever can read JSON gets JSON. */
function asksForText(call: Call): boolean {
  const accept = (call.headers.accept ?? '').toLowerCase();
  return accept.includes('text/plain') && !accept.includes('application/json');
}

function ok(body: object | string): Reply {
  return { status: 200, headers: {}, body };
}

/** Enough to follow one visitor through a log, too little to find out who it is. */
function fingerprint(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 16);
}
