import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import { given } from '../given.js';
import type { ConversationRow, ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkAttributes } from './limits.js';
import { isOwn, requireConversation, requireOpen } from './membership.js';
import { checkReadIndex } from './read-state.js';
import { participantRole } from './roles.js';
import { standingIn } from './standing.js';

export interface UpdateParticipant {
  by: Actor;
  conversationSid: string;
  /** The participant's SID or, as the SDK may say it, its identity. */
  sid: string;
  attributes?: string;
  roleSid?: string;
  lastReadMessageIndex?: number | null;
  /** Milliseconds; when it is not given, moving the horizon stamps the present. */
  lastReadTimestamp?: number;
  notificationLevel?: ParticipantRow['notificationLevel'];
}

/** SDK actors change attributes only: their own, or with the permission anybody's. */
export function updateParticipant(domain: Domain, input: UpdateParticipant): ParticipantRow {
  return domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.conversationSid);
    const actor = standingIn(domain, input.by, conversation);
    // Where somebody has read to is no part of what has been closed.
    if (input.attributes !== undefined || input.roleSid !== undefined) requireOpen(conversation);
    const before = requireParticipant(domain, conversation, input.sid);
    if (isOwn(input.by, before.identity)) {
      actor.require('editOwnParticipantAttributes', 'editAnyParticipantAttributes');
    } else actor.require('editAnyParticipantAttributes');
    const now = domain.clock.now();
    const participant: ParticipantRow = { ...before, dateUpdated: now };
    if (input.attributes !== undefined) participant.attributes = checkAttributes(input.attributes);
    if (input.by.source === 'API') Object.assign(participant, checkedByApi(domain, input, now));
    domain.store.participants.update(participant);
    record({ type: 'participant.updated', by: input.by, conversation, participant, before });
    return participant;
  });
}

/** What only the API may change of a participant. */
function checkedByApi(domain: Domain, input: UpdateParticipant, now: number): Partial<ParticipantRow> {
  const { lastReadMessageIndex: index, lastReadTimestamp, notificationLevel } = input;
  return {
    ...given({ roleSid: participantRole(domain, input), notificationLevel }),
    ...(index !== undefined && {
      lastReadMessageIndex: checkReadIndex(index),
      lastReadTimestamp: index === null ? null : now,
    }),
    ...given({ lastReadTimestamp }),
  };
}

export function requireParticipant(
  domain: Domain,
  conversation: ConversationRow,
  sidOrIdentity: string,
): ParticipantRow {
  const { participants } = domain.store;
  const bySid = participants.bySid(sidOrIdentity);
  if (bySid?.conversationSid === conversation.sid) return bySid;
  const byIdentity = participants.byIdentity(conversation.sid, sidOrIdentity);
  if (!byIdentity) throw new Refusal('participant_not_found', sidOrIdentity);
  return byIdentity;
}
