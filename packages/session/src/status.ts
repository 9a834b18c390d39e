import type { ChatAction, ChatSnapshot, ReasonCode } from './snapshot.js';

/** The independent facts from which the one status of the chat follows. */
export interface Facts {
  started: boolean;
  blocked: ReasonCode | null;
  ended: 'conversation_closed' | 'conversation_gone' | 'ended_by_visitor' | null;
  /** The link is up, the conversation open and complete. */
  live: boolean;
  /** It has been live since the start. */
  wasLive: boolean;
  networkGone: boolean;
  trouble: { reason: ReasonCode; retryAt: number | null } | null;
  /** The service takes messages more slowly than they are written: the next one goes then. */
  slowedUntil: number | null;
}

export const idleFacts: Facts = {
  started: false,
  blocked: null,
  ended: null,
  live: false,
  wasLive: false,
  networkGone: false,
  trouble: null,
  slowedUntil: null,
};

type Status = Pick<ChatSnapshot, 'status' | 'reason' | 'retryAt'>;

/** The one status that follows from the facts, and what a visitor can do in it. */
export function statusOf(facts: Facts): Status & Pick<ChatSnapshot, 'can'> {
  const status = plainStatusOf(facts);
  return { ...status, can: actionsIn(status) };
}

function plainStatusOf(facts: Facts): Status {
  const { trouble } = facts;
  if (!facts.started) return { status: 'idle', reason: null, retryAt: null };
  if (facts.blocked) return { status: 'blocked', reason: facts.blocked, retryAt: null };
  if (facts.ended) return { status: 'ended', reason: facts.ended, retryAt: null };
  if (facts.live) {
    const { slowedUntil } = facts;
    return {
      status: 'online',
      reason: slowedUntil === null ? null : 'rate_limited',
      retryAt: slowedUntil,
    };
  }
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

// The same lists each time, so that a snapshot in which nothing changed stays the same one.
const NOTHING: readonly ChatAction[] = [];
const WRITE: readonly ChatAction[] = ['write'];
const LIVE: readonly ChatAction[] = ['write', 'end_chat'];
const WAITING: readonly ChatAction[] = ['write', 'retry_now'];
const ENDED: readonly ChatAction[] = ['start_new'];
const TURNED_AWAY: readonly ChatAction[] = ['retry_now'];

function actionsIn({ status, reason }: Status): readonly ChatAction[] {
  switch (status) {
    case 'starting':
      return WRITE;
    case 'online':
      return LIVE;
    case 'reconnecting':
    case 'offline':
    case 'failed':
      return WAITING;
    case 'ended':
      return ENDED;
    case 'blocked':
      // The one of these that the visitor can do something about.
      return reason === 'human_check_required' ? TURNED_AWAY : NOTHING;
    default:
      return NOTHING;
  }
}
