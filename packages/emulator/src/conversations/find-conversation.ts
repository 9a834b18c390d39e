import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { maySee } from './membership.js';

export interface FindConversation {
  by: Actor;
  sidOrUniqueName: string;
}

/** Throws `conversation_not_found`; SDK actors who may not see it get `not_a_participant`. */
export function findConversation(domain: Domain, input: FindConversation): ConversationRow {
  const { conversations } = domain.store;
  const conversation =
    conversations.bySid(input.sidOrUniqueName) ??
    conversations.byUniqueName(domain.serviceSid, input.sidOrUniqueName);
  if (conversation?.chatServiceSid !== domain.serviceSid) {
    throw new Refusal('conversation_not_found', input.sidOrUniqueName);
  }
  if (input.by.source === 'SDK' && !maySee(domain, input.by.identity, conversation)) {
    // Who asked by unique name does not learn the SID.
    throw new Refusal('not_a_participant', input.sidOrUniqueName);
  }
  return conversation;
}
