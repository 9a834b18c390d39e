import { addConversation } from '../conversations/add-conversation.js';
import type { Domain } from '../conversations/domain.js';
import { findConversation } from '../conversations/find-conversation.js';
import { removeConversation } from '../conversations/remove-conversation.js';
import { updateConversation } from '../conversations/update-conversation.js';
import { given } from '../given.js';
import type { ConversationRow } from '../store/rows.js';
import type { Reply, Route } from '../upstream.js';
import { actorOf, optionalText, readBody, refuseFields } from './fields.js';
import { presentConversation } from './present.js';

const path = '/Client/v2/Conversations';

export function conversationsRoutes(domain: Domain): Route[] {
  const present = (status: number, identity: string, conversation: ConversationRow): Reply => {
    const membership = domain.store.participants.byIdentity(conversation.sid, identity);
    return { status, body: presentConversation(domain, conversation, membership) };
  };
  return [
    {
      method: 'POST',
      pattern: path,
      answer(call) {
        const by = actorOf(call);
        const body = readBody(call);
        const access = optionalText(body, 'access');
        if (access !== undefined && access !== '') refuseFields(body, ['access']);
        const conversation = addConversation(domain, {
          by,
          ...given({
            friendlyName: optionalText(body, 'friendly_name'),
            uniqueName: optionalText(body, 'unique_name'),
            attributes: optionalText(body, 'attributes'),
          }),
        });
        return present(201, by.identity, conversation);
      },
    },
    {
      method: 'GET',
      pattern: `${path}/:conversation`,
      answer(call) {
        const by = actorOf(call);
        const sidOrUniqueName = call.path.conversation ?? '';
        return present(200, by.identity, findConversation(domain, { by, sidOrUniqueName }));
      },
    },
    {
      method: 'POST',
      pattern: `${path}/:conversation`,
      answer(call) {
        const by = actorOf(call);
        const body = readBody(call);
        const conversation = updateConversation(domain, {
          by,
          sid: call.path.conversation ?? '',
          ...given({
            friendlyName: optionalText(body, 'friendly_name'),
            uniqueName: optionalText(body, 'unique_name'),
            attributes: optionalText(body, 'attributes'),
          }),
        });
        return present(200, by.identity, conversation);
      },
    },
    {
      method: 'DELETE',
      pattern: `${path}/:conversation`,
      answer(call) {
        removeConversation(domain, { by: actorOf(call), sid: call.path.conversation ?? '' });
        return { status: 204 };
      },
    },
  ];
}
