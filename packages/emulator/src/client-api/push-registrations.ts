import type { Domain } from '../conversations/domain.js';
import { addPushRegistration, removePushRegistrations } from '../conversations/push-registrations.js';
import { Refusal } from '../errors.js';
import type { PushRegistrationRow } from '../store/rows.js';
import type { Route } from '../upstream.js';
import { actorOf, optionalObject, readBody, requiredText } from './fields.js';

const path = '/v1/registrations';

function channelType(field: string, value: string): PushRegistrationRow['channelType'] {
  if (value !== 'fcm' && value !== 'apn') throw new Refusal('invalid_parameter', `${field} is fcm or apn`);
  return value;
}

function messageTypes(value: unknown): string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Refusal('invalid_parameter', 'message_types is not a list of strings');
}

/** What the SDK asks of a host of its own (`ers`). Requests are told apart by their paths, so the host is not looked at. */
export function pushRegistrationRoutes(domain: Domain): Route[] {
  return [
    {
      method: 'POST',
      pattern: path,
      answer(call) {
        const body = readBody(call);
        const registration = addPushRegistration(domain, {
          identity: actorOf(call).identity,
          channelType: channelType('channel_type', requiredText(body, 'channel_type')),
          endpointPlatform: requiredText(body, 'endpoint_platform'),
          registrationId: requiredText(optionalObject(body, 'data') ?? {}, 'registration_id'),
          messageTypes: messageTypes(body.message_types),
        });
        return { status: 201, body: { id: registration.id } };
      },
    },
    {
      method: 'DELETE',
      pattern: `${path}/:registration`,
      answer(call) {
        const id = call.path.registration ?? '';
        const gone = removePushRegistrations(domain, actorOf(call).identity, { id });
        if (gone.length === 0) throw new Refusal('not_found', id);
        return { status: 204 };
      },
    },
    {
      method: 'DELETE',
      pattern: path,
      answer(call) {
        const body = readBody(call);
        removePushRegistrations(domain, actorOf(call).identity, {
          channelType: channelType('binding_type', requiredText(body, 'binding_type')),
          registrationId: requiredText(body, 'address'),
        });
        return { status: 204 };
      },
    },
  ];
}
