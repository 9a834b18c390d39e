import { addParticipant } from '../conversations/add-participant.js';
import type { Domain } from '../conversations/domain.js';
import { requireConversation } from '../conversations/membership.js';
import { removeParticipant } from '../conversations/remove-participant.js';
import { updateParticipant } from '../conversations/update-participant.js';
import { given } from '../given.js';
import type { Route } from '../upstream.js';
import { actorOf, optionalText, readBody, refuseFields, requiredText } from './fields.js';
import { presentParticipant } from './present.js';

const path = '/Client/v2/Conversations/:conversation/Participants';

/** Joining and adding are one call: an identity that names itself joins. */
export function participantsRoutes(domain: Domain): Route[] {
  return [
    {
      method: 'POST',
      pattern: path,
      answer(call) {
        const body = readBody(call);
        refuseFields(body, ['messaging_binding']);
        const conversationSid = call.path.conversation ?? '';
        const participant = addParticipant(domain, {
          by: actorOf(call),
          conversationSid,
          identity: requiredText(body, 'identity'),
          ...given({ attributes: optionalText(body, 'attributes') }),
        });
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
