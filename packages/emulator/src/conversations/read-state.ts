import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation, requireMember } from './membership.js';
import { standingIn } from './standing.js';

type SdkActor = Extract<Actor, { source: 'SDK' }>;

/** A read horizon: the index of the last message read, or null for nothing read. */
export function checkReadIndex(index: number | null): number | null {
  if (index !== null && (!Number.isSafeInteger(index) || index < 0)) {
    throw new Refusal('invalid_parameter', 'LastReadMessageIndex is not an index');
  }
  return index;
}

/** What is unread behind a participant's horizon; null while it has none. */
export function unreadMessages(domain: Domain, participant: ParticipantRow | undefined): number | null {
  const lastRead = participant?.lastReadMessageIndex ?? null;
  if (!participant || lastRead === null) return null;
  return domain.store.messages.countAfter(participant.conversationSid, lastRead);
}

export interface UpdateReadState {
  by: SdkActor;
  conversationSid: string;
  lastReadMessageIndex: number | null;
}

/** Moves the actor's own read horizon, forward or back. */
export function updateReadState(domain: Domain, input: UpdateReadState): ParticipantRow {
  const index = checkReadIndex(input.lastReadMessageIndex);
  return updateOwn(domain, input, (now) => ({
    lastReadMessageIndex: index,
    lastReadTimestamp: index === null ? null : now,
  }));
}

export interface UpdateNotificationLevel {
  by: SdkActor;
  conversationSid: string;
  notificationLevel: ParticipantRow['notificationLevel'];
}

export function updateNotificationLevel(domain: Domain, input: UpdateNotificationLevel): ParticipantRow {
  return domain.facts.commit(() => {
    const conversation = requireConversation(domain, input.conversationSid);
    standingIn(domain, input.by, conversation).require('editNotificationLevel');
    return updateOwn(domain, input, () => ({ notificationLevel: input.notificationLevel }));
  });
}

function updateOwn(
  domain: Domain,
  input: { by: SdkActor; conversationSid: string },
  change: (now: number) => Partial<ParticipantRow>,
): ParticipantRow {
  return domain.facts.commit((record) => {
    const conversation = requireConversation(domain, input.conversationSid);
    const before = requireMember(domain, input.by, conversation);
    const now = domain.clock.now();
    const participant: ParticipantRow = { ...before, ...change(now), dateUpdated: now };
    domain.store.participants.update(participant);
    record({ type: 'participant.updated', by: input.by, conversation, participant, before });
    return participant;
  });
}
