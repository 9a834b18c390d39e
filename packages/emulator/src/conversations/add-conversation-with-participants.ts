import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow } from '../store/rows.js';
import { type AddConversation, addConversation } from './add-conversation.js';
import { type AddNonChatParticipant, addNonChatParticipant } from './add-non-chat-participant.js';
import { type AddParticipant, addParticipant } from './add-participant.js';
import type { Domain } from './domain.js';
import { limits } from './limits.js';

type Newcomer =
  | Omit<AddParticipant, 'by' | 'conversationSid'>
  | Omit<AddNonChatParticipant, 'by' | 'conversationSid'>;

export interface AddConversationWithParticipants extends AddConversation {
  by: Extract<Actor, { source: 'API' }>;
  participants: readonly Newcomer[];
}

/** A conversation and who is in it from the start: all of them, or nothing at all. */
export function addConversationWithParticipants(
  domain: Domain,
  input: AddConversationWithParticipants,
): ConversationRow {
  const { by, participants, ...conversation } = input;
  if (participants.length > limits.participantsAtOnce) throw new Refusal('too_many_participants_at_once');
  return domain.facts.commit(() => {
    const added = addConversation(domain, { by, ...conversation });
    for (const [position, newcomer] of participants.entries()) {
      const wanted = { by, conversationSid: added.sid, ...newcomer };
      try {
        if ('identity' in wanted) addParticipant(domain, wanted);
        else addNonChatParticipant(domain, wanted);
      } catch (error) {
        // Out of the commit, which undoes the ones before it too.
        throw error instanceof Refusal ? participantRefused(position, error.message) : error;
      }
    }
    return added;
  });
}

/** Which one of them it was, counted from 1, and why. */
export function participantRefused(position: number, why: string): Refusal {
  return new Refusal('participants_refused', `Participant ${position + 1}: ${why}`);
}
