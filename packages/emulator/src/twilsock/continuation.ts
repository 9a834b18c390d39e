import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { JsonObject } from '../json.js';

/** How a socket goes on from an earlier one of the same client. */
export interface Continuation {
  /** For the client, who sends it back when it reconnects. */
  token: string;
  /** What the reply to `init` says of it. */
  status: JsonObject;
}

export type Continue = (identity: string, presented: string | null) => Continuation;

/**
 * Tokens are opaque and good for one identity only: somebody else's, an altered one, or one from before the store was
 * emptied is replaced by a new one. They need no memory, so they outlive a restart.
 */
export function createContinue(secret: () => string): Continue {
  const sign = (nonce: string, identity: string): string =>
    createHmac('sha256', secret())
      .update(JSON.stringify([nonce, identity]))
      .digest('base64url');

  return (identity, presented) => {
    const [nonce = ''] = presented?.split('.', 1) ?? [];
    const given = Buffer.from(presented ?? '');
    const right = Buffer.from(`${nonce}.${sign(nonce, identity)}`);
    if (presented !== null && given.length === right.length && timingSafeEqual(given, right)) {
      return { token: presented, status: { reissued: false } };
    }
    const fresh = randomUUID();
    const [reason, message] =
      presented === null
        ? ['MISSING', 'No continuation token was sent']
        : ['INVALID', 'The continuation token is not one of this identity'];
    return {
      token: `${fresh}.${sign(fresh, identity)}`,
      status: { reissued: true, reissue_reason: reason, reissue_message: message },
    };
  };
}
