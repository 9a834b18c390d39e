import { backoffDelay } from './backoff.js';
import type { CuttableWait } from './cuttable-wait.js';
import type { BringAlong, SessionClock, SessionCrypto } from './ports.js';
import { TokenServiceError } from './ports.js';
import type { ReasonCode } from './snapshot.js';
import { withTimeLimit } from './time-limit.js';
import { readFailure } from './token.js';
import type { UserTokens } from './user-tokens.js';
import { proofOf, type Visitor, type VisitorStore } from './visitor.js';

const LIMIT_MS = 25_000;

/** Who has come, or why nobody can. */
export type Arrived =
  | {
      visitor: Visitor;
      /** The anonymous visitor whose place a user takes: what they wrote and had not sent comes along. */
      left: Visitor | null;
      /** A conversation that could not be brought along. */
      lost: boolean;
      /** The user's earlier conversation, in whose place the one that was brought along has come. */
      behind: string | null;
    }
  | { blocked: ReasonCode };

export interface ArrivalOptions {
  visitors: VisitorStore;
  clock: SessionClock;
  crypto: SessionCrypto;
  /** Absent: nobody is logged in. */
  tokens: UserTokens | null;
  bringAlong?: BringAlong;
  pause: CuttableWait;
  /** False when nobody waits for the answer any more. */
  wanted(): boolean;
  onTrouble(reason: ReasonCode, retryAt: number): void;
  /** Another user than the one of this browser: nothing of theirs may be seen. */
  onOtherUser(other: Visitor): void;
}

/**
 * Finds out who the visitor is, and takes along what they had as somebody else: as an anonymous visitor who has logged
 * in, or as a visitor of the original chat. Tries for as long as nobody answers; only an answer decides that something
 * stays behind.
 */
export async function arrive(options: ArrivalOptions): Promise<Arrived> {
  return options.tokens ? arriveAsUser(options, options.tokens) : arriveAnonymously(options);
}

async function arriveAnonymously(options: ArrivalOptions): Promise<Arrived> {
  const { visitors, bringAlong } = options;
  const visitor = await visitors.ensure();
  const { originalConversationSid: original, previousIdentities } = visitor;
  const proof = proofOf(visitor);
  const legacyIdentity = previousIdentities[0];
  if (original === null || proof === null || legacyIdentity === undefined || !bringAlong) {
    return { visitor, left: null, lost: false, behind: null };
  }
  const outcome = await untilAnswered(options, () =>
    bringAlong.migrate({
      identity: visitor.uuid,
      proof,
      legacyIdentity,
      legacyConversationSid: original,
    }),
  );
  if (outcome === 'given_up') return { visitor, left: null, lost: false, behind: null };
  if (typeof outcome === 'object') return outcome;
  const moved = await visitors.exclusive(async () =>
    visitors.update((now) => ({
      ...now,
      originalConversationSid: null,
      // Another tab may have been here before.
      conversationSid: now.conversationSid ?? (outcome === 'done' ? original : null),
    })),
  );
  return { visitor: moved, left: null, lost: outcome === 'refused', behind: null };
}

async function arriveAsUser(options: ArrivalOptions, tokens: UserTokens): Promise<Arrived> {
  const { visitors, bringAlong } = options;
  let identity = '';
  const named = await untilAnswered(options, async () => {
    identity = await tokens.identity();
  });
  if (typeof named === 'object') return named;
  if (named !== 'done') return { blocked: 'user_token_rejected' };
  const before = visitors.user();
  const known = before?.uuid === identity ? before : null;
  if (before && !known) options.onOtherUser(before);
  const left = visitors.anonymous();
  const conversationSid = left?.conversationSid ?? null;
  const proof = left && proofOf(left);
  let outcome: Outcome = 'refused';
  if (left && bringAlong && conversationSid !== null && proof !== null) {
    outcome = await untilAnswered(options, () =>
      tokens.use((userToken) => bringAlong.claim({ identity: left.uuid, proof, userToken, conversationSid })),
    );
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'given_up') return { visitor: left, left: null, lost: false, behind: null };
  }
  const visitor = await visitors.enter(identity, outcome === 'done' ? left : null);
  const own = known?.conversationSid ?? null;
  return {
    visitor,
    left,
    lost: conversationSid !== null && outcome === 'refused',
    behind: own === visitor.conversationSid ? null : own,
  };
}

/** `given_up`: nobody wants to know any more. */
type Outcome = 'done' | 'refused' | 'given_up' | { blocked: ReasonCode };

async function untilAnswered(options: ArrivalOptions, work: () => Promise<void>): Promise<Outcome> {
  const { clock, crypto, wanted } = options;
  for (let attempt = 1; wanted(); attempt += 1) {
    try {
      await withTimeLimit(work(), LIMIT_MS, clock, () => {
        return new TokenServiceError('The token service did not answer in time.');
      });
      return 'done';
    } catch (error) {
      if (isUnknownAddress(error)) return 'refused';
      const failure = readFailure(error);
      if (failure.action === 'new_identity') return 'refused';
      if (failure.action === 'give_up') {
        const { reason } = failure;
        // What the service says of this request alone; whatever it says of whoever asks ends the matter.
        return reason === 'identity_rejected' || reason === 'token_service_error'
          ? 'refused'
          : { blocked: reason };
      }
      if (!wanted()) break;
      const delay = failure.waitMs ?? backoffDelay(attempt, crypto);
      options.onTrouble(failure.reason, clock.now() + delay);
      await options.pause.wait(delay);
    }
  }
  return 'given_up';
}

/** A token service that is not ours, or is an older one, has no such addresses. */
function isUnknownAddress(error: unknown): boolean {
  return (
    error instanceof TokenServiceError &&
    error.code === null &&
    (error.status === 404 || error.status === 405)
  );
}
