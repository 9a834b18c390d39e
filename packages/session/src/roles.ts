import type { StaffOptions } from './contract.js';
import type { ChatRole } from './snapshot.js';

/** Whom the backend answers as, unless it is told otherwise. */
const DEFAULT_BOTS: NonNullable<StaffOptions['bots']> = { identities: ['bot'] };

/**
 * Who wrote something, by what the site configured. What somebody says of themselves in attributes or names counts for
 * nothing: anybody can say it.
 *
 * @param isOwn an identity of this visitor, present or earlier
 * @param isTakenForOwn one that is theirs unless the site says whose it is
 */
export function createRoles(
  staff: StaffOptions | undefined,
  isOwn: (identity: string) => boolean,
  isTakenForOwn: (identity: string) => boolean = () => false,
): (identity: string) => ChatRole {
  const bots = staff?.bots ?? DEFAULT_BOTS;
  return (identity) => {
    if (isOwn(identity)) return 'visitor';
    if (isAmong(bots, identity)) return 'bot';
    if (isAmong(staff?.agents, identity)) return 'agent';
    return isTakenForOwn(identity) ? 'visitor' : 'other';
  };
}

function isAmong(group: StaffOptions['agents'], identity: string): boolean {
  if (!group || identity === '') return false;
  return (
    (group.identities?.includes(identity) ?? false) ||
    // An empty prefix would make everybody staff.
    (group.prefix !== undefined && group.prefix !== '' && identity.startsWith(group.prefix))
  );
}
