import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { ConversationRow, ParticipantRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { conversationPermissions, type Permission } from './permissions.js';
import { newcomerRoles } from './roles.js';

/** How an actor stands to a conversation: its own participant row, if it has one, and what it may do there. */
export interface Standing {
  /** Undefined for the API, and for a user whose service role reaches a conversation that it is not in. */
  member: ParticipantRow | undefined;
  /** Throws `no_permission`, which names the first, unless the actor has one of them. The API has all. */
  require(...oneOf: [Permission, ...Permission[]]): void;
}

const everything: Standing = { member: undefined, require() {} };

/** Permissions are read from the rows of the roles each time, so that a change of a role is felt at once. */
const permissionsOfRole = (domain: Domain, roleSid: string): readonly string[] =>
  domain.store.roles.bySid(roleSid)?.permissions ?? [];

function servicePermissions(domain: Domain, identity: string): readonly string[] {
  const user = domain.store.users.byIdentity(domain.serviceSid, identity);
  return permissionsOfRole(domain, user?.roleSid ?? newcomerRoles(domain).user);
}

/** A service role that holds a permission of conversations holds it in those, too, that its user is not in. */
export function reachesEveryConversation(domain: Domain, identity: string): boolean {
  const held = servicePermissions(domain, identity);
  return conversationPermissions.some((permission) => held.includes(permission));
}

/** Throws `not_a_participant` for who is not in the conversation and does not reach it. */
export function standingIn(domain: Domain, by: Actor, conversation: ConversationRow): Standing {
  if (by.source === 'API') return everything;
  const { identity } = by;
  const member = domain.store.participants.byIdentity(conversation.sid, identity);
  if (!member && !reachesEveryConversation(domain, identity)) {
    throw new Refusal('not_a_participant', conversation.sid);
  }
  const ofMember = member ? permissionsOfRole(domain, member.roleSid) : [];
  return {
    member,
    require(...oneOf) {
      if (oneOf.some((permission) => ofMember.includes(permission))) return;
      const ofUser = servicePermissions(domain, identity);
      if (oneOf.some((permission) => ofUser.includes(permission))) return;
      throw new Refusal('no_permission', oneOf[0]);
    },
  };
}

/** For what is not done in a conversation: throws `no_permission` unless the actor's service role has one of them. */
export function requireOfService(domain: Domain, by: Actor, ...oneOf: [Permission, ...Permission[]]): void {
  if (by.source === 'API') return;
  const held = servicePermissions(domain, by.identity);
  if (!oneOf.some((permission) => held.includes(permission))) throw new Refusal('no_permission', oneOf[0]);
}
