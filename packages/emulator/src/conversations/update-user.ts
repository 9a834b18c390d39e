import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { UserRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkAttributes, checkName } from './limits.js';
import { isOwn } from './membership.js';
import { requireOfService } from './standing.js';

export interface UpdateUser {
  by: Actor;
  identity: string;
  friendlyName?: string | null;
  attributes?: string;
}

/** SDK actors change their own user, or with the permission anybody's. */
export function updateUser(domain: Domain, input: UpdateUser): UserRow {
  return domain.facts.commit((record) => {
    const { store } = domain;
    if (isOwn(input.by, input.identity)) {
      requireOfService(domain, input.by, 'editOwnUserInfo', 'editAnyUserInfo');
    } else requireOfService(domain, input.by, 'editAnyUserInfo');
    const before = store.users.byIdentity(domain.serviceSid, input.identity);
    if (!before) throw new Refusal('user_not_found', input.identity);
    const user: UserRow = { ...before, dateUpdated: domain.clock.now() };
    if (input.friendlyName !== undefined) {
      user.friendlyName = checkName('FriendlyName', input.friendlyName) ?? '';
    }
    if (input.attributes !== undefined) user.attributes = checkAttributes(input.attributes);
    store.users.update(user);
    record({ type: 'user.updated', by: input.by, user, before });
    return user;
  });
}
