import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { ensureUser } from './ensure-user.js';
import { checkAttributes, checkIdentity, limits } from './limits.js';
import { isOwn, maySee, requireConversation, requireOpen } from './membership.js';
import { newcomerRoles, participantRole } from './roles.js';
import { requireOfService, standingIn } from './standing.js';

export interface AddParticipant {
  by: Actor;
  conversationSid: string;
  identity: string;
  attributes?: string;
  /** For the API only. */
  roleSid?: string;
}

/**
 * Joins (an SDK actor naming itself) or adds somebody else. Our choice, as conversations are private by SID: an
 * identity may join only what it may see, which is what it created, and once; otherwise one is added.
 */
export function addParticipant(domain: Domain, input: AddParticipant): ParticipantRow {
  return domain.facts.commit((record) => {
    const { store } = domain;
    const before = requireConversation(domain, input.conversationSid);
    const identity = checkIdentity(input.identity);
    const awaited = before.awaitedCreator === identity;
    if (isOwn(input.by, identity)) {
      if (!maySee(domain, identity, before)) throw new Refusal('not_a_participant', before.sid);
      requireOfService(domain, input.by, 'joinConversation');
    } else standingIn(domain, input.by, before).require('addParticipant');
    requireOpen(before);
    const conversation = awaited ? { ...before, awaitedCreator: null } : before;
    if (store.participants.byIdentity(conversation.sid, identity)) throw new Refusal('participant_exists');
    if (store.participants.count(conversation.sid) >= limits.participants) {
      throw new Refusal('too_many_participants');
    }
    if (store.participants.countOpenOfIdentity(domain.serviceSid, identity) >= limits.conversationsOfUser) {
      throw new Refusal('too_many_conversations', identity);
    }
    ensureUser(domain, { by: input.by, identity });
    const now = domain.clock.now();
    const roles = newcomerRoles(domain);
    const ownRole = conversation.createdBy === identity ? roles.creator : roles.participant;
    const participant: ParticipantRow = {
      sid: domain.ids.sid('MB'),
      conversationSid: conversation.sid,
      identity,
      messagingBinding: null,
      roleSid: participantRole(domain, input) ?? ownRole,
      attributes: checkAttributes(input.attributes ?? ''),
      lastReadMessageIndex: null,
      lastReadTimestamp: null,
      notificationLevel: 'default',
      dateCreated: now,
      dateUpdated: now,
    };
    if (awaited) store.conversations.update(conversation);
    store.participants.insert(participant);
    record({ type: 'participant.added', by: input.by, conversation, participant });
    return participant;
  });
}
