import { findConversation } from '../conversations/find-conversation.js';
import type { ConversationRow } from '../store/rows.js';
import type { Call } from './call.js';

/** The conversation that the path names by SID or unique name. */
export function pathConversation(call: Call): ConversationRow {
  return findConversation(call.domain, { by: call.by, sidOrUniqueName: call.param('conversation') });
}
