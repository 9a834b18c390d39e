import type { ChatSnapshot, ReasonCode } from './snapshot.js';

/** The independent facts from which the one status of the chat follows. */
export interface Facts {
  started: boolean;
  blocked: ReasonCode | null;
  ended: 'conversation_closed' | 'conversation_gone' | null;
  /** The link is up, the conversation open and complete. */
  live: boolean;
  /** It has been live since the start. */
  wasLive: boolean;
  networkGone: boolean;
  trouble: { reason: ReasonCode; retryAt: number | null } | null;
}

export const idleFacts: Facts = {
  started: false,
  blocked: null,
  ended: null,
  live: false,
  wasLive: false,
  networkGone: false,
  trouble: null,
};

export function statusOf(facts: Facts): Pick<ChatSnapshot, 'status' | 'reason' | 'retryAt'> {
  const { trouble } = facts;
  if (!facts.started) return { status: 'idle', reason: null, retryAt: null };
  if (facts.blocked) return { status: 'blocked', reason: facts.blocked, retryAt: null };
  if (facts.ended) return { status: 'ended', reason: facts.ended, retryAt: null };
  if (facts.live) return { status: 'online', reason: null, retryAt: null };
  if (facts.networkGone) return { status: 'offline', reason: null, retryAt: null };
  if (facts.wasLive) {
    return {
      status: 'reconnecting',
      reason: trouble?.reason ?? 'connection_lost',
      retryAt: trouble?.retryAt ?? null,
    };
  }
  if (trouble) return { status: 'failed', ...trouble };
  return { status: 'starting', reason: null, retryAt: null };
}
