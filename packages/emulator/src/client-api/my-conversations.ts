import type { Domain } from '../conversations/domain.js';
import { findConversation } from '../conversations/find-conversation.js';
import { requireConversation } from '../conversations/membership.js';
import { updateNotificationLevel, updateReadState } from '../conversations/read-state.js';
import { Refusal } from '../errors.js';
import type { Route } from '../upstream.js';
import { actorOf, optionalIndex, optionalText, readBody } from './fields.js';
import { presentConversation } from './present.js';

const pageSize = 50;
const path = '/Client/v2/MyConversations';

/** What the identity takes part in, and its own read state there. */
export function myConversationsRoutes(domain: Domain): Route[] {
  const { conversations, participants } = domain.store;
  return [
    {
      method: 'GET',
      pattern: path,
      answer(call) {
        const { identity } = actorOf(call);
        const after = Number(call.request.params.PageToken || -1);
        if (!Number.isSafeInteger(after)) throw new Refusal('invalid_parameter', 'PageToken');
        const stretch = { limit: pageSize + 1, after };
        const found = participants.pageOfIdentity(domain.serviceSid, identity, stretch);
        const page = found.slice(0, pageSize);
        const rows = page.flatMap(({ row }) => {
          const conversation = conversations.bySid(row.conversationSid);
          return conversation ? [presentConversation(domain, conversation, row)] : [];
        });
        const last = found.length > pageSize ? page.at(-1) : undefined;
        return {
          status: 200,
          body: {
            conversations: rows,
            meta: { next_token: last ? String(last.place) : null, previous_token: null },
          },
        };
      },
    },
    {
      method: 'GET',
      pattern: `${path}/:conversation`,
      answer(call) {
        const by = actorOf(call);
        const conversation = findConversation(domain, { by, sidOrUniqueName: call.path.conversation ?? '' });
        const membership = participants.byIdentity(conversation.sid, by.identity);
        return { status: 200, body: presentConversation(domain, conversation, membership) };
      },
    },
    {
      method: 'POST',
      pattern: `${path}/:conversation`,
      answer(call) {
        const by = actorOf(call);
        const body = readBody(call);
        const conversationSid = call.path.conversation ?? '';
        const lastReadMessageIndex = optionalIndex(body, 'last_read_message_index');
        const level = optionalText(body, 'notification_level');
        if (level !== undefined && level !== 'default' && level !== 'muted') {
          throw new Refusal('invalid_parameter', 'notification_level is default or muted');
        }
        // Both or neither.
        const membership = domain.facts.commit(() => {
          if (level !== undefined) {
            updateNotificationLevel(domain, { by, conversationSid, notificationLevel: level });
          }
          if (lastReadMessageIndex !== undefined) {
            updateReadState(domain, { by, conversationSid, lastReadMessageIndex });
          }
          return participants.byIdentity(conversationSid, by.identity);
        });
        if (!membership) findConversation(domain, { by, sidOrUniqueName: conversationSid });
        const conversation = requireConversation(domain, conversationSid);
        return { status: 200, body: presentConversation(domain, conversation, membership) };
      },
    },
  ];
}
