import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow, MessageRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkAttributes, checkBody, checkIdentity } from './limits.js';
import { actorName, isOwn, requireConversation, requireOpen } from './membership.js';
import { participantNamed } from './messaging-binding.js';
import { standingIn } from './standing.js';

export interface UpdateMessage {
  by: Actor;
  conversationSid: string;
  sid: string;
  body?: string | null;
  attributes?: string;
  /** For the API only. */
  author?: string;
}

/** Changes what is given of a message: of one's own, or with the permission of anybody's. */
export function updateMessage(domain: Domain, input: UpdateMessage): MessageRow {
  return domain.facts.commit((record) => {
    const { store } = domain;
    const conversation = requireConversation(domain, input.conversationSid);
    const actor = standingIn(domain, input.by, conversation);
    requireOpen(conversation);
    const before = requireMessage(domain, conversation, input.sid);
    const { body, attributes } = input;
    // What needs no permission must not look like an edit.
    if (input.by.source === 'SDK' && body === undefined && attributes === undefined) return before;
    const own = isOwn(input.by, before.author);
    if (body !== undefined) {
      if (own) actor.require('editOwnMessage', 'editAnyMessage');
      else actor.require('editAnyMessage');
    }
    if (attributes !== undefined) {
      if (own) actor.require('editOwnMessageAttributes', 'editAnyMessageAttributes');
      else actor.require('editAnyMessageAttributes');
    }
    const message: MessageRow = {
      ...before,
      lastUpdatedBy: actorName(input.by),
      dateUpdated: domain.clock.now(),
    };
    if (body !== undefined) message.body = checkBody(body ?? '');
    if (attributes !== undefined) message.attributes = checkAttributes(attributes);
    if (input.by.source === 'API' && input.author !== undefined) {
      message.author = checkIdentity(input.author);
      message.participantSid = participantNamed(domain, conversation.sid, message.author)?.sid ?? null;
    }
    store.messages.update(message);
    record({ type: 'message.updated', by: input.by, conversation, message, before });
    return message;
  });
}

export function requireMessage(domain: Domain, conversation: ConversationRow, sid: string): MessageRow {
  const message = domain.store.messages.bySid(sid);
  if (message?.conversationSid !== conversation.sid) throw new Refusal('message_not_found', sid);
  return message;
}
