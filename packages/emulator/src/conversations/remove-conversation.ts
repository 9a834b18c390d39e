import type { Actor } from '../facts.js';
import type { ConversationRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation } from './membership.js';
import { standingIn } from './standing.js';

export interface RemoveConversation {
  by: Actor;
  sid: string;
}

/** Deletes a conversation and all that is in it. A closed one may be deleted too. */
export function removeConversation(domain: Domain, input: RemoveConversation): ConversationRow {
  return domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.sid);
    standingIn(domain, input.by, conversation).require('deleteConversation');
    const participants = domain.store.participants.list(conversation.sid);
    const webhooks = domain.store.webhooks.list(conversation.sid);
    const media = domain.store.media.ofConversation(conversation.sid);
    for (const { sid } of media) domain.store.media.remove(sid);
    domain.store.conversations.remove(conversation.sid);
    record({ type: 'conversation.removed', by: input.by, conversation, participants, webhooks, media });
    return conversation;
  });
}
