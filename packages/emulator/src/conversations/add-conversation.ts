import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow, ConversationState } from '../store/rows.js';
import { serviceConfiguration } from './configure-service.js';
import type { Domain } from './domain.js';
import { checkAttributes, checkName, limits } from './limits.js';
import { actorName } from './membership.js';
import { requireOfService } from './standing.js';
import { checkTimer, withTimersFrom } from './state.js';
import { checkUniqueName } from './unique-name.js';

export interface AddConversation {
  by: Actor;
  friendlyName?: string | null;
  uniqueName?: string | null;
  attributes?: string;
  state?: ConversationState;
  /** ISO 8601 durations; empty for none. Not given: those of the account. */
  timerInactive?: string;
  timerClosed?: string;
}

/** Creates a conversation without participants: its creator joins as everybody does. */
export function addConversation(domain: Domain, input: AddConversation): ConversationRow {
  return domain.facts.commit((record) => {
    const { store, clock, ids } = domain;
    requireOfService(domain, input.by, 'createConversation');
    if (input.state === 'closed') throw new Refusal('conversation_created_closed');
    const now = clock.now();
    const account = serviceConfiguration(domain);
    const row: ConversationRow = {
      sid: ids.sid('CH'),
      accountSid: domain.accountSid,
      chatServiceSid: domain.serviceSid,
      messagingServiceSid: domain.messagingServiceSid,
      friendlyName: checkName('FriendlyName', input.friendlyName ?? null),
      uniqueName: checkUniqueName(domain, input.uniqueName ?? null),
      attributes: checkAttributes(input.attributes ?? '', limits.conversationAttributesBytes),
      state: input.state ?? 'active',
      stateUpdated: now,
      createdBy: actorName(input.by),
      awaitedCreator: input.by.source === 'SDK' ? input.by.identity : null,
      nextMessageIndex: 0,
      lastMessageIndex: null,
      lastMessageTimestamp: null,
      timerInactive:
        input.timerInactive === undefined
          ? account.timerInactive
          : checkTimer('Timers.Inactive', 'inactive', input.timerInactive, now),
      timerClosed:
        input.timerClosed === undefined
          ? account.timerClosed
          : checkTimer('Timers.Closed', 'closed', input.timerClosed, now),
      dateInactive: null,
      dateClosed: null,
      dateCreated: now,
      dateUpdated: now,
    };
    const conversation = withTimersFrom(row, now);
    store.conversations.insert(conversation);
    record({ type: 'conversation.added', by: input.by, conversation });
    return conversation;
  });
}
