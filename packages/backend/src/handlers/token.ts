import { createTokenSigner } from '../access-token.js';
import type { Admit } from '../admission.js';
import type { Call, Handler, Reply } from '../call.js';
import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import { fingerprint } from '../fingerprint.js';
import type { Log } from '../log.js';
import type { ProveVisitor } from '../prove-visitor.js';
import type { ConversationFor } from '../visitor-conversation.js';
import { publicEndpoint } from './public-endpoint.js';

/** What the token handler is made of. */
export interface TokenHandlerOptions {
  config: Config;
  prove: ProveVisitor;
  /** Serves GET, too: finds out who asks without any proof, as the original did. */
  legacy?: ProveVisitor;
  admit: Admit;
  /** Hardened mode: makes sure that the visitor has a conversation. */
  conversationFor?: ConversationFor;
  log: Log;
  /** Milliseconds. */
  now: () => number;
}

/**
 * `POST /chat-widget?identity=<uuid>` with the body `proof=s1.…`: gives an access token to whoever shows that the
 * identity is theirs, and by GET to clients of the original where these are served. Cheap checks come first, so that a
 * flood of bad calls costs little.
 */
export function createTokenHandler(options: TokenHandlerOptions): Handler {
  const { config, prove, legacy, admit, conversationFor, log, now } = options;
  const sign = createTokenSigner(config);

  return publicEndpoint(
    options,
    'token',
    async (call, body) => {
      const visitor = await (call.method === 'GET' && legacy ? legacy : prove)(call, body);
      await admit(visitor, call, body);
      const conversationSid = await conversationFor?.(visitor, body);
      const token = sign(visitor.identity, Math.floor(now() / 1000));
      log.info(
        {
          event: 'token',
          outcome: 'granted',
          kind: visitor.kind,
          visitor: fingerprint(visitor.identity),
          origin: call.headers.origin,
          from: call.ip,
          key: config.apiKeySid,
        },
        'token granted',
      );
      if (shapeFor(call, config) === 'text') return ok(token);
      return ok({
        token,
        identity: visitor.identity,
        expiresIn: config.tokenTtl,
        ...(config.realtimeUrl === undefined ? {} : { realtimeUrl: config.realtimeUrl }),
        ...(conversationSid === undefined ? {} : { conversation_sid: conversationSid }),
      });
    },
    (call) => {
      if (call.method === 'POST' || (call.method === 'GET' && legacy)) return;
      throw call.method === 'GET'
        ? proofRequired()
        : new ServiceError('method_not_allowed', 'Ask with POST.');
    },
    legacy ? 'GET, POST, OPTIONS' : 'POST, OPTIONS',
  );
}

/** The original service gave a token to any GET; a proof in a URL would end up in logs. */
function proofRequired(): ServiceError {
  return new ServiceError('proof_required', 'Ask with POST and show the proof of the identity in the body.');
}

/** Whoever can read JSON gets JSON; the original's clients, who say nothing, want the bare token. */
function shapeFor(call: Call, config: Pick<Config, 'response'>): Config['response'] {
  const accept = (call.headers.accept ?? '').toLowerCase();
  if (accept.includes('application/json')) return 'json';
  if (accept.includes('text/plain') || call.method === 'GET') return 'text';
  return config.response;
}

function ok(body: object | string): Reply {
  return { status: 200, headers: {}, body };
}
