import type { Domain } from '../conversations/domain.js';
import { startTyping } from '../conversations/start-typing.js';
import { Refusal } from '../errors.js';
import { typingTimeoutSeconds } from '../sync-names.js';
import type { Route } from '../upstream.js';
import { actorOf } from './fields.js';

/** The one call with a form body. */
export function typingRoutes(domain: Domain): Route[] {
  return [
    {
      method: 'POST',
      pattern: '/Client/v2/Typing',
      answer(call) {
        const conversationSid = new URLSearchParams(call.request.body).get('ChannelSid');
        if (conversationSid === null) throw new Refusal('invalid_parameter', 'ChannelSid is missing');
        startTyping(domain, { by: actorOf(call), conversationSid });
        return { status: 200, body: { typing_timeout: typingTimeoutSeconds } };
      },
    },
  ];
}
