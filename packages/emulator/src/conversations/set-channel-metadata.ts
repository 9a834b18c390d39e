import { Refusal } from '../errors.js';
import type { MessageRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { requireConversation } from './membership.js';

export interface SetChannelMetadata {
  messageSid: string;
  type: string;
  /** Any JSON. */
  data: unknown;
}

/** Gives a message what the channel it came through would add. It is no change of the message: no webhook hears of it. */
export function setChannelMetadata(domain: Domain, input: SetChannelMetadata): MessageRow {
  return domain.facts.commit((record) => {
    const before = domain.store.messages.bySid(input.messageSid);
    if (!before) throw new Refusal('message_not_found', input.messageSid);
    const conversation = requireConversation(domain, before.conversationSid);
    const message: MessageRow = { ...before, channelMetadata: { type: input.type, data: input.data } };
    domain.store.messages.update(message);
    const by = { source: 'API', webhooksEnabled: false } as const;
    record({ type: 'message.updated', by, conversation, message, before });
    return message;
  });
}
