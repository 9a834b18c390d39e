import { addMessage } from '../conversations/add-message.js';
import type { Domain } from '../conversations/domain.js';
import { requireConversation } from '../conversations/membership.js';
import { removeMessage } from '../conversations/remove-message.js';
import { updateMessage } from '../conversations/update-message.js';
import { given } from '../given.js';
import type { Route } from '../upstream.js';
import { actorOf, optionalText, optionalTexts, readBody } from './fields.js';
import { presentMessage } from './present.js';

const path = '/Client/v2/Conversations/:conversation/Messages';

export function messagesRoutes(domain: Domain): Route[] {
  return [
    {
      method: 'POST',
      pattern: path,
      answer(call) {
        const body = readBody(call);
        const conversationSid = call.path.conversation ?? '';
        const message = addMessage(domain, {
          by: actorOf(call),
          conversationSid,
          ...given({
            body: optionalText(body, 'body'),
            subject: optionalText(body, 'subject'),
            attributes: optionalText(body, 'attributes'),
            mediaSids: optionalTexts(body, 'media_sids'),
            contentSid: optionalText(body, 'content_sid'),
            contentVariables: optionalText(body, 'content_variables'),
          }),
        });
        return { status: 201, body: presentMessage(requireConversation(domain, conversationSid), message) };
      },
    },
    {
      method: 'POST',
      pattern: `${path}/:message`,
      answer(call) {
        const body = readBody(call);
        const conversationSid = call.path.conversation ?? '';
        const message = updateMessage(domain, {
          by: actorOf(call),
          conversationSid,
          sid: call.path.message ?? '',
          ...given({
            body: optionalText(body, 'body'),
            attributes: optionalText(body, 'attributes'),
          }),
        });
        return { status: 200, body: presentMessage(requireConversation(domain, conversationSid), message) };
      },
    },
    {
      method: 'DELETE',
      pattern: `${path}/:message`,
      answer(call) {
        removeMessage(domain, {
          by: actorOf(call),
          conversationSid: call.path.conversation ?? '',
          sid: call.path.message ?? '',
        });
        return { status: 204 };
      },
    },
  ];
}
