import { Refusal } from '../errors.js';
import type { ParticipantRow } from '../store/rows.js';
import { fixedSid } from './domain.js';

export type RoleName = 'service user' | 'channel admin' | 'channel user';

/** The SID of a default role of a service. */
export function roleSid(serviceSid: string, role: RoleName): string {
  return fixedSid('RL', `${serviceSid}:${role}`);
}

/**
 * What only a conversation's admin (its creator) may do. Everything else is open to every participant until the
 * roles resource comes.
 */
export type AdminPermission =
  | 'editAnyMessage'
  | 'deleteAnyMessage'
  | 'editAnyParticipantAttributes'
  | 'removeParticipant'
  | 'deleteConversation';

/** Throws `no_permission` unless the participant is an admin of its conversation. */
export function requireAdmin(
  serviceSid: string,
  participant: ParticipantRow,
  permission: AdminPermission,
): void {
  if (participant.roleSid !== roleSid(serviceSid, 'channel admin')) {
    throw new Refusal('no_permission', permission);
  }
}
