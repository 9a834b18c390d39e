import type { Actor } from '../facts.js';
import type { UserRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { checkIdentity } from './limits.js';
import { newcomerRoles } from './roles.js';

/**
 * The user of an identity, made on first sight: when it connects, or when it is added to a conversation. `complete`
 * may fill in more of a new one.
 */
export function ensureUser(
  domain: Domain,
  input: { by: Actor; identity: string },
  complete: (user: UserRow) => UserRow = (user) => user,
): UserRow {
  const { store, serviceSid } = domain;
  const identity = checkIdentity(input.identity);
  const known = store.users.byIdentity(serviceSid, identity);
  if (known) return known;
  return domain.facts.commit((record) => {
    const now = domain.clock.now();
    const user = complete({
      sid: domain.ids.sid('US'),
      chatServiceSid: serviceSid,
      identity,
      friendlyName: '',
      attributes: '{}',
      roleSid: newcomerRoles(domain).user,
      dateCreated: now,
      dateUpdated: now,
    });
    store.users.insert(user);
    record({ type: 'user.added', by: input.by, user });
    return user;
  });
}
