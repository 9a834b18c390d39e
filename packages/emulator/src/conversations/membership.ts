import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow, ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { reachesEveryConversation } from './standing.js';

/** The name under which an actor's doings are kept: REST acts as `system`. */
export function actorName(by: Actor): string {
  return by.source === 'SDK' ? by.identity : 'system';
}

/** Whether it is the SDK actor's own. Nothing is the API's own. */
export function isOwn(by: Actor, identity: string | null): boolean {
  return by.source === 'SDK' && by.identity === identity;
}

export function requireConversation(domain: Domain, sid: string): ConversationRow {
  const conversation = domain.store.conversations.bySid(sid);
  // A file may still hold an earlier service of its own; only one is served.
  if (conversation?.chatServiceSid !== domain.serviceSid) throw new Refusal('conversation_not_found', sid);
  return conversation;
}

/** A conversation that may still be changed: closed is final. */
export function requireOpen(conversation: ConversationRow): ConversationRow {
  if (conversation.state === 'closed') throw new Refusal('conversation_closed', conversation.sid);
  return conversation;
}

/** The actor's own participant row, for what is its own business there: reading, typing. No role reaches that. */
export function requireMember(
  domain: Domain,
  by: Extract<Actor, { source: 'SDK' }>,
  conversation: ConversationRow,
): ParticipantRow {
  const participant = domain.store.participants.byIdentity(conversation.sid, by.identity);
  if (!participant) throw new Refusal('not_a_participant', conversation.sid);
  return participant;
}

/**
 * Conversations are private: only participants see one, its creator until it has joined, and whose service role
 * reaches all of them.
 */
export function maySee(domain: Domain, identity: string, conversation: ConversationRow): boolean {
  return (
    conversation.awaitedCreator === identity ||
    domain.store.participants.byIdentity(conversation.sid, identity) !== undefined ||
    reachesEveryConversation(domain, identity)
  );
}
