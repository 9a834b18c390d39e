import type { Actor } from '../facts.js';
import type { ConversationRow, ConversationState } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkAttributes, checkName, limits } from './limits.js';
import { requireConversation, requireOpen } from './membership.js';
import { standingIn } from './standing.js';
import { checkTimer, withTimersFrom } from './state.js';
import { checkUniqueName } from './unique-name.js';

export interface UpdateConversation {
  by: Actor;
  sid: string;
  friendlyName?: string | null;
  /** Empty or null clears it. */
  uniqueName?: string | null;
  attributes?: string;
  state?: ConversationState;
  /** ISO 8601 durations; empty for none. */
  timerInactive?: string;
  timerClosed?: string;
}

/** Changes what is given and leaves the rest. */
export function updateConversation(domain: Domain, input: UpdateConversation): ConversationRow {
  return domain.facts.commit((record) => {
    const before = requireConversation(domain, input.sid);
    const actor = standingIn(domain, input.by, before);
    if (input.friendlyName !== undefined || input.uniqueName !== undefined) {
      actor.require('editConversationName');
    }
    if (input.attributes !== undefined) actor.require('editConversationAttributes');
    requireOpen(before);
    // What needs no permission must not look like an edit.
    const { by, sid: _, ...changes } = input;
    if (by.source === 'SDK' && Object.keys(changes).length === 0) return before;
    const now = domain.clock.now();
    let conversation: ConversationRow = { ...before, dateUpdated: now };
    if (input.friendlyName !== undefined) {
      conversation.friendlyName = checkName('FriendlyName', input.friendlyName);
    }
    if (input.uniqueName !== undefined) {
      conversation.uniqueName = checkUniqueName(domain, input.uniqueName, before.sid);
    }
    if (input.attributes !== undefined) {
      conversation.attributes = checkAttributes(input.attributes, limits.conversationAttributesBytes);
    }
    if (input.state !== undefined && input.state !== before.state) {
      conversation.state = input.state;
      conversation.stateUpdated = now;
    }
    const { timerInactive, timerClosed } = input;
    if (timerInactive !== undefined) {
      conversation.timerInactive = checkTimer('Timers.Inactive', 'inactive', timerInactive, now);
    }
    if (timerClosed !== undefined) {
      conversation.timerClosed = checkTimer('Timers.Closed', 'closed', timerClosed, now);
    }
    const timed = timerInactive !== undefined || timerClosed !== undefined;
    if (timed || conversation.state !== before.state) conversation = withTimersFrom(conversation, now);
    domain.store.conversations.update(conversation);
    record({ type: 'conversation.updated', by: input.by, conversation, before });
    return conversation;
  });
}
