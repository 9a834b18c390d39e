import { Refusal } from '../errors.js';
import type { RoleRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkText, limits } from './limits.js';
import { permissionsOf } from './permissions.js';
import { isDefaultRole } from './roles.js';

export interface AddRole {
  friendlyName: string;
  type: RoleRow['type'];
  permissions: readonly string[];
}

export function addRole(domain: Domain, input: AddRole): RoleRow {
  const now = domain.clock.now();
  const role: RoleRow = {
    sid: domain.ids.sid('RL'),
    chatServiceSid: domain.serviceSid,
    friendlyName: checkText('FriendlyName', input.friendlyName, limits.roleNameLength),
    type: input.type,
    permissions: checkPermissions(input.type, input.permissions),
    dateCreated: now,
    dateUpdated: now,
  };
  domain.store.roles.insert(role);
  return role;
}

/** Replaces a role's permissions, those of a default role too. Who has the role feels it with the next call. */
export function updateRole(domain: Domain, input: { sid: string; permissions: readonly string[] }): RoleRow {
  return domain.store.transaction(() => {
    const before = requireRole(domain, input.sid);
    const permissions = checkPermissions(before.type, input.permissions);
    const role: RoleRow = { ...before, permissions, dateUpdated: domain.clock.now() };
    domain.store.roles.update(role);
    return role;
  });
}

/** Our choice: a role that somebody has, or that newcomers are to get, stays; nobody is left without one. */
export function removeRole(domain: Domain, sid: string): void {
  domain.store.transaction(() => {
    requireRole(domain, sid);
    if (isDefaultRole(domain.serviceSid, sid)) throw new Refusal('role_in_use', 'it is a default role');
    if (domain.store.roles.inUse(sid)) throw new Refusal('role_in_use', 'give its holders another one first');
    domain.store.roles.remove(sid);
  });
}

export function requireRole(domain: Domain, sid: string): RoleRow {
  const role = domain.store.roles.bySid(sid);
  if (role?.chatServiceSid !== domain.serviceSid) throw new Refusal('role_not_found', sid);
  return role;
}

function checkPermissions(type: RoleRow['type'], given: readonly string[]): string[] {
  const allowed: readonly string[] = permissionsOf[type];
  const unknown = given.find((name) => !allowed.includes(name));
  if (unknown !== undefined || given.length === 0) {
    const wrong = unknown === undefined ? 'none is given' : `${JSON.stringify(unknown)} is none`;
    throw new Refusal(
      'invalid_parameter',
      `Permission: ${wrong}; a ${type} role takes ${allowed.join(', ')}`,
    );
  }
  return [...new Set(given)].sort();
}
