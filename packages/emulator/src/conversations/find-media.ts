import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { MediaRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation, requireMember } from './membership.js';

export interface FindMedia {
  by: Actor;
  sid: string;
}

/**
 * An upload belongs to who made it until a message carries it; from then on to whoever is in that conversation,
 * and to its author only as long as it is.
 */
export function findMedia(domain: Domain, input: FindMedia): MediaRow {
  const { by, sid } = input;
  const row = domain.store.media.bySid(sid);
  if (row?.chatServiceSid !== domain.serviceSid) throw new Refusal('media_not_found', sid);
  if (by.source === 'API') return row;
  if (row.conversationSid !== null) {
    requireMember(domain, by, requireConversation(domain, row.conversationSid));
  } else if (row.author !== by.identity) {
    throw new Refusal('forbidden', `${sid} was uploaded by somebody else`);
  }
  return row;
}
