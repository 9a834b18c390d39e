import type { Actor } from '../facts.js';
import type { ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { isOwn, requireConversation } from './membership.js';
import { standingIn } from './standing.js';
import { requireParticipant } from './update-participant.js';

export interface RemoveParticipant {
  by: Actor;
  conversationSid: string;
  /** The participant's SID or identity. */
  sid: string;
}

/** Leaves (an SDK actor naming itself), or removes somebody else. */
export function removeParticipant(domain: Domain, input: RemoveParticipant): ParticipantRow {
  return domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.conversationSid);
    const actor = standingIn(domain, input.by, conversation);
    const participant = requireParticipant(domain, conversation, input.sid);
    if (isOwn(input.by, participant.identity)) actor.require('leaveConversation', 'removeParticipant');
    else actor.require('removeParticipant');
    domain.store.participants.remove(participant.sid);
    record({ type: 'participant.removed', by: input.by, conversation, participant });
    return participant;
  });
}
