import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { refuseToken, type VerifyToken } from './access-token.js';

/** Remembers which tokens were taken, so that they can be made to expire before their time. */
export interface TokenLedger {
  verify: VerifyToken;
  /** From now on, every token that this identity has used is refused as expired. */
  expire(identity: string): void;
}

/** How many tokens are kept before those past their own end are first swept out. */
const sweepFrom = 1_000;

export function createTokenLedger(verify: VerifyToken, clock: Clock): TokenLedger {
  // Digests: what is not kept cannot leak.
  const taken = new Map<string, { identity: string; expiresAt: number; ended: boolean }>();
  let sweepAt = sweepFrom;

  const sweep = (): void => {
    if (taken.size < sweepAt) return;
    const now = clock.now();
    for (const [digest, { expiresAt }] of taken) {
      if (expiresAt <= now) taken.delete(digest);
    }
    sweepAt = Math.max(sweepFrom, 2 * taken.size);
  };

  return {
    async verify(token) {
      const verdict = await verify(token);
      if (!verdict.valid) return verdict;
      const digest = createHash('sha256').update(token).digest('base64url');
      const known = taken.get(digest);
      if (known?.ended) return refuseToken(20104);
      if (!known) {
        sweep();
        taken.set(digest, { ...verdict.token, ended: false });
      }
      return verdict;
    },
    expire(identity) {
      for (const token of taken.values()) {
        if (token.identity === identity) token.ended = true;
      }
    },
  };
}
