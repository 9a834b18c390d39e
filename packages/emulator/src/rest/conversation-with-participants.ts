import {
  type AddConversationWithParticipants,
  addConversationWithParticipants,
  participantRefused,
} from '../conversations/add-conversation-with-participants.js';
import type { BindingInput } from '../conversations/messaging-binding.js';
import { given } from '../given.js';
import { isObject, type JsonObject, parseJson } from '../json.js';
import { type Call, created, type Reply, type Route } from './call.js';
import { conversationSettings } from './conversations.js';
import { presentConversation } from './present.js';

type Newcomer = AddConversationWithParticipants['participants'][number];

const fields = ['identity', 'messaging_binding', 'attributes', 'role_sid'];
const bindingFields = ['address', 'proxy_address', 'projected_address'];

/** Reads the JSON of one participant. What it cannot read it refuses with the participant's place in the request. */
function readParticipant(json: string, position: number): Newcomer {
  const bad = (why: string) => participantRefused(position, why);
  const readText = (object: JsonObject, name: string): string | undefined => {
    const value = object[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw bad(`${name} is not a string`);
    return value;
  };
  const onlyKnown = (object: JsonObject, known: readonly string[]): void => {
    const unknown = Object.keys(object).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw bad(`${unknown.slice(0, 50)} is not supported by the emulator, which takes ${known.join(', ')}`);
    }
  };
  const readBinding = (binding: unknown): BindingInput => {
    if (!isObject(binding)) throw bad('messaging_binding is not an object');
    onlyKnown(binding, bindingFields);
    return given({
      address: readText(binding, 'address'),
      proxyAddress: readText(binding, 'proxy_address'),
      projectedAddress: readText(binding, 'projected_address'),
    });
  };

  const participant = parseJson(json);
  if (!isObject(participant)) throw bad('it is not a JSON object such as {"identity": "ann"}');
  onlyKnown(participant, fields);
  const identity = readText(participant, 'identity');
  const more = given({
    attributes: readText(participant, 'attributes'),
    roleSid: readText(participant, 'role_sid'),
  });
  const binding = participant.messaging_binding ?? undefined;
  if ((identity === undefined) === (binding === undefined)) {
    throw bad('give either an identity or a messaging_binding (group MMS is not emulated)');
  }
  return identity === undefined ? { messagingBinding: readBinding(binding), ...more } : { identity, ...more };
}

function create(call: Call): Reply {
  const conversation = addConversationWithParticipants(call.domain, {
    by: call.by,
    ...conversationSettings(call),
    participants: (call.form.list('Participant') ?? []).map(readParticipant),
  });
  return created(presentConversation(call.view, conversation));
}

export const conversationWithParticipantsRoutes: readonly Route[] = [
  { method: 'POST', path: 'ConversationWithParticipants', answer: create },
];
