import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkAttributes, limits } from './limits.js';
import { requireConversation, requireOpen } from './membership.js';
import { type BindingInput, checkBinding, checkRoomFor } from './messaging-binding.js';
import { newcomerRoles, participantRole } from './roles.js';
import { standingIn } from './standing.js';

export interface AddNonChatParticipant {
  by: Actor;
  conversationSid: string;
  messagingBinding: BindingInput;
  attributes?: string;
  /** For the API only. */
  roleSid?: string;
}

/** Adds somebody who is reached by an address of another channel. Nothing is sent there. */
export function addNonChatParticipant(domain: Domain, input: AddNonChatParticipant): ParticipantRow {
  return domain.facts.commit((record) => {
    const { store } = domain;
    const conversation = requireConversation(domain, input.conversationSid);
    standingIn(domain, input.by, conversation).require('addNonChatParticipant');
    requireOpen(conversation);
    const messagingBinding = checkBinding(input.messagingBinding);
    checkRoomFor(domain, conversation.sid, messagingBinding);
    if (store.participants.count(conversation.sid) >= limits.participants) {
      throw new Refusal('too_many_participants');
    }
    const now = domain.clock.now();
    const ownRole = newcomerRoles(domain).participant;
    const participant: ParticipantRow = {
      sid: domain.ids.sid('MB'),
      conversationSid: conversation.sid,
      identity: null,
      messagingBinding,
      roleSid: participantRole(domain, input) ?? ownRole,
      attributes: checkAttributes(input.attributes ?? ''),
      lastReadMessageIndex: null,
      lastReadTimestamp: null,
      notificationLevel: 'default',
      dateCreated: now,
      dateUpdated: now,
    };
    store.participants.insert(participant);
    record({ type: 'participant.added', by: input.by, conversation, participant });
    return participant;
  });
}
