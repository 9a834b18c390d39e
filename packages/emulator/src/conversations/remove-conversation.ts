import type { Actor } from '../facts.js';
import type { ConversationRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation, requireMember } from './membership.js';
import { requireAdmin } from './roles.js';

export interface RemoveConversation {
  by: Actor;
  sid: string;
}

/** Deletes a conversation and all that is in it. A closed one may be deleted too. */
export function removeConversation(domain: Domain, input: RemoveConversation): ConversationRow {
  return domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.sid);
    const member = requireMember(domain, input.by, conversation);
    if (member) requireAdmin(domain.serviceSid, member, 'deleteConversation');
    const participants = domain.store.participants.list(conversation.sid);
    const webhooks = domain.store.webhooks.list(conversation.sid);
    domain.store.conversations.remove(conversation.sid);
    record({ type: 'conversation.removed', by: input.by, conversation, participants, webhooks });
    return conversation;
  });
}
