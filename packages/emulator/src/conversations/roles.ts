import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import { fixedSid } from '../ids.js';
import type { RoleRow, ServiceConfigurationRow } from '../store/rows.js';
import type { Store } from '../store/store.js';
import type { Domain } from './domain.js';
import { defaultRoles, type RoleName } from './permissions.js';

/** The SID of a default role of a service. */
function roleSid(serviceSid: string, role: RoleName): string {
  return fixedSid('RL', `${serviceSid}:${role}`);
}

const roleNames = Object.keys(defaultRoles) as RoleName[];

export function isDefaultRole(serviceSid: string, sid: string): boolean {
  return roleNames.some((name) => roleSid(serviceSid, name) === sid);
}

/** Gives a service the default roles that it does not have: a new store, an emptied one, one of an earlier release. */
export function seedRoles(store: Store, serviceSid: string, now: number): void {
  store.transaction(() => {
    for (const friendlyName of roleNames) {
      const sid = roleSid(serviceSid, friendlyName);
      if (store.roles.bySid(sid)) continue;
      const { type, documented, ours } = defaultRoles[friendlyName];
      const permissions = [...documented, ...ours].sort();
      const row: RoleRow = {
        sid,
        chatServiceSid: serviceSid,
        friendlyName,
        type,
        permissions,
        dateCreated: now,
        dateUpdated: now,
      };
      store.roles.insert(row);
    }
  });
}

/** Which roles newcomers get, as configured or by default. */
export interface NewcomerRoles {
  user: string;
  creator: string;
  participant: string;
}

export function newcomerRoles({ store, serviceSid }: Domain): NewcomerRoles {
  const configured: Partial<ServiceConfigurationRow> = store.serviceConfigurations.get(serviceSid) ?? {};
  return {
    user: configured.serviceRoleSid ?? roleSid(serviceSid, 'service user'),
    creator: configured.conversationCreatorRoleSid ?? roleSid(serviceSid, 'channel admin'),
    participant: configured.conversationRoleSid ?? roleSid(serviceSid, 'channel user'),
  };
}

/** A role of that type of this service; anything else is refused in the name of the parameter. */
export function checkRole(domain: Domain, parameter: string, type: RoleRow['type'], sid: string): string {
  const role = domain.store.roles.bySid(sid);
  if (role?.chatServiceSid !== domain.serviceSid || role.type !== type) {
    throw new Refusal('invalid_parameter', `${parameter} is not the SID of a ${type} role of this service`);
  }
  return sid;
}

/** The role that the API gives a participant; undefined when it gives none. */
export function participantRole(
  domain: Domain,
  { by, roleSid }: { by: Actor; roleSid?: string },
): string | undefined {
  if (by.source === 'SDK' || roleSid === undefined) return undefined;
  return checkRole(domain, 'RoleSid', 'conversation', roleSid);
}
