import type { Actor } from '../facts.js';
import type { Domain } from './domain.js';
import { requireConversation, requireMember, requireOpen } from './membership.js';

export interface StartTyping {
  by: Extract<Actor, { source: 'SDK' }>;
  conversationSid: string;
}

/** Tells the others that the actor types. Nothing is kept of it. */
export function startTyping(domain: Domain, input: StartTyping): void {
  domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.conversationSid);
    const participant = requireMember(domain, input.by, conversation);
    requireOpen(conversation);
    record({ type: 'typing', by: input.by, conversation, participant });
  });
}
