import type { Actor } from '../facts.js';
import type { MessageRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation, requireMember, requireOpen } from './membership.js';
import { requireAdmin } from './roles.js';
import { requireMessage } from './update-message.js';

export interface RemoveMessage {
  by: Actor;
  conversationSid: string;
  sid: string;
}

/** SDK actors remove their own messages, admins of the conversation anybody's. The index is never used again. */
export function removeMessage(domain: Domain, input: RemoveMessage): MessageRow {
  return domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.conversationSid);
    const actor = requireMember(domain, input.by, conversation);
    requireOpen(conversation);
    const message = requireMessage(domain, conversation, input.sid);
    if (actor && actor.identity !== message.author)
      requireAdmin(domain.serviceSid, actor, 'deleteAnyMessage');
    domain.store.messages.remove(message.sid);
    record({ type: 'message.removed', by: input.by, conversation, message });
    return message;
  });
}
