import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { UserRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkAttributes, checkName } from './limits.js';
import { isOwn } from './membership.js';
import { checkRole } from './roles.js';
import { requireOfService } from './standing.js';

interface UserSettings {
  by: Actor;
  friendlyName?: string | null;
  attributes?: string;
  /** For the API only. */
  roleSid?: string;
}

export interface UpdateUser extends UserSettings {
  /** The user's identity, or from the API its SID too. */
  user: string;
}

/** SDK actors change their own user, or with the permission anybody's. */
export function updateUser(domain: Domain, input: UpdateUser): UserRow {
  return domain.facts.commit((record) => {
    const before = requireUser(domain, input.by, input.user);
    if (isOwn(input.by, before.identity)) {
      requireOfService(domain, input.by, 'editOwnUserInfo', 'editAnyUserInfo');
    } else requireOfService(domain, input.by, 'editAnyUserInfo');
    const user = { ...updatedUser(domain, before, input), dateUpdated: domain.clock.now() };
    domain.store.users.update(user);
    record({ type: 'user.updated', by: input.by, user, before });
    return user;
  });
}

/** The row with what is given in it, checked. */
export function updatedUser(domain: Domain, before: UserRow, input: UserSettings): UserRow {
  const user = { ...before };
  if (input.friendlyName !== undefined) {
    user.friendlyName = checkName('FriendlyName', input.friendlyName) ?? '';
  }
  if (input.attributes !== undefined) user.attributes = checkAttributes(input.attributes);
  if (input.by.source === 'API' && input.roleSid !== undefined) {
    user.roleSid = checkRole(domain, 'RoleSid', 'service', input.roleSid);
  }
  return user;
}

/** By identity, or from the API by SID too: an identity that looks like a SID is no way to somebody else. */
export function requireUser({ store, serviceSid }: Domain, by: Actor, sidOrIdentity: string): UserRow {
  const bySid = by.source === 'API' ? store.users.bySid(sidOrIdentity) : undefined;
  if (bySid?.chatServiceSid === serviceSid) return bySid;
  const byIdentity = store.users.byIdentity(serviceSid, sidOrIdentity);
  if (!byIdentity) throw new Refusal('user_not_found', sidOrIdentity);
  return byIdentity;
}
