import type { Domain } from '../conversations/domain.js';
import { requireUser, updateUser } from '../conversations/update-user.js';
import { given } from '../given.js';
import type { Route } from '../upstream.js';
import { actorOf, optionalText, readBody } from './fields.js';
import { presentUser } from './present.js';

const path = '/Client/v2/Users/:identity';

/** Any identity may look another one up. */
export function usersRoutes(domain: Domain): Route[] {
  return [
    {
      method: 'GET',
      pattern: path,
      answer(call) {
        return {
          status: 200,
          body: presentUser(requireUser(domain, actorOf(call), call.path.identity ?? '')),
        };
      },
    },
    {
      method: 'POST',
      pattern: path,
      answer(call) {
        const body = readBody(call);
        const user = updateUser(domain, {
          by: actorOf(call),
          user: call.path.identity ?? '',
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
