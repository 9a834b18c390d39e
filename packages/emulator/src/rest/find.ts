import { findConversation } from '../conversations/find-conversation.js';
import { Refusal } from '../errors.js';
import type { ConversationRow } from '../store/rows.js';
import type { Call } from './call.js';

/** The conversation that the path names by SID or unique name. One of another service is not there. */
export function pathConversation(call: Call): ConversationRow {
  const { domain, by } = call;
  const row = findConversation(domain, { by, sidOrUniqueName: call.param('conversation') });
  if (row.chatServiceSid !== domain.serviceSid) throw new Refusal('not_found');
  return row;
}
