import { addNonChatParticipant } from '../conversations/add-non-chat-participant.js';
import { addParticipant } from '../conversations/add-participant.js';
import type { Domain } from '../conversations/domain.js';
import { requireConversation } from '../conversations/membership.js';
import type { BindingInput } from '../conversations/messaging-binding.js';
import { removeParticipant } from '../conversations/remove-participant.js';
import { updateParticipant } from '../conversations/update-participant.js';
import { Refusal } from '../errors.js';
import { given } from '../given.js';
import type { JsonObject } from '../json.js';
import type { Route } from '../upstream.js';
import { actorOf, optionalObject, optionalText, readBody, requiredText } from './fields.js';
import { presentParticipant } from './present.js';

const path = '/Client/v2/Conversations/:conversation/Participants';

const readBinding = (binding: JsonObject): BindingInput =>
  given({
    address: optionalText(binding, 'address'),
    proxyAddress: optionalText(binding, 'proxy_address'),
    name: optionalText(binding, 'name'),
    level: optionalText(binding, 'level'),
  });

/** Joining and adding are one call: an identity that names itself joins. */
export function participantsRoutes(domain: Domain): Route[] {
  return [
    {
      method: 'POST',
      pattern: path,
      answer(call) {
        const body = readBody(call);
        const conversationSid = call.path.conversation ?? '';
        const binding = optionalObject(body, 'messaging_binding');
        const common = {
          by: actorOf(call),
          conversationSid,
          ...given({ attributes: optionalText(body, 'attributes') }),
        };
        if (binding && optionalText(body, 'identity') !== undefined) {
          throw new Refusal('binding_invalid', 'give an identity or a messaging_binding, not both');
        }
        const participant = binding
          ? addNonChatParticipant(domain, { ...common, messagingBinding: readBinding(binding) })
          : addParticipant(domain, { ...common, identity: requiredText(body, 'identity') });
        const conversation = requireConversation(domain, conversationSid);
        return { status: 201, body: presentParticipant(conversation, participant) };
      },
    },
    {
      method: 'POST',
      pattern: `${path}/:participant`,
      answer(call) {
        const body = readBody(call);
        const conversationSid = call.path.conversation ?? '';
        const participant = updateParticipant(domain, {
          by: actorOf(call),
          conversationSid,
          sid: call.path.participant ?? '',
          ...given({ attributes: optionalText(body, 'attributes') }),
        });
        const conversation = requireConversation(domain, conversationSid);
        return { status: 200, body: presentParticipant(conversation, participant) };
      },
    },
    {
      method: 'DELETE',
      pattern: `${path}/:participant`,
      answer(call) {
        removeParticipant(domain, {
          by: actorOf(call),
          conversationSid: call.path.conversation ?? '',
          sid: call.path.participant ?? '',
        });
        return { status: 204 };
      },
    },
  ];
}
