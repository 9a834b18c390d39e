import type { Domain } from '../conversations/domain.js';
import { updateUser } from '../conversations/update-user.js';
import { Refusal } from '../errors.js';
import { given } from '../given.js';
import type { Route } from '../upstream.js';
import { actorOf, optionalText, readBody } from './fields.js';
import { presentUser } from './present.js';

const path = '/Client/v2/Users/:identity';

/** Any identity may look another one up; only its owner changes a user. */
export function usersRoutes(domain: Domain): Route[] {
  return [
    {
      method: 'GET',
      pattern: path,
      answer(call) {
        const identity = call.path.identity ?? '';
        const user = domain.store.users.byIdentity(domain.serviceSid, identity);
        if (!user) throw new Refusal('user_not_found', identity);
        return { status: 200, body: presentUser(user) };
      },
    },
    {
      method: 'POST',
      pattern: path,
      answer(call) {
        const body = readBody(call);
        const user = updateUser(domain, {
          by: actorOf(call),
          identity: call.path.identity ?? '',
          ...given({
            friendlyName: optionalText(body, 'friendly_name'),
            attributes: optionalText(body, 'attributes'),
          }),
        });
        return { status: 200, body: presentUser(user) };
      },
    },
  ];
}
