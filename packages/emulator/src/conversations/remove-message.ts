import type { Actor } from '../facts.js';
import type { MessageRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { isOwn, requireConversation, requireOpen } from './membership.js';
import { standingIn } from './standing.js';
import { requireMessage } from './update-message.js';

export interface RemoveMessage {
  by: Actor;
  conversationSid: string;
  sid: string;
}

/** Removes a message: one's own, or with the permission anybody's. Its index is never used again. */
export function removeMessage(domain: Domain, input: RemoveMessage): MessageRow {
  return domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.conversationSid);
    const actor = standingIn(domain, input.by, conversation);
    requireOpen(conversation);
    const message = requireMessage(domain, conversation, input.sid);
    if (isOwn(input.by, message.author)) actor.require('deleteOwnMessage', 'deleteAnyMessage');
    else actor.require('deleteAnyMessage');
    for (const { sid } of message.medias) domain.store.media.remove(sid);
    domain.store.messages.remove(message.sid);
    record({ type: 'message.removed', by: input.by, conversation, message });
    return message;
  });
}
