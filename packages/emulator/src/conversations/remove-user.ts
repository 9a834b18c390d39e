import type { Actor } from '../facts.js';
import type { Domain } from './domain.js';
import { requireUser } from './update-user.js';

export interface RemoveUser {
  by: Actor;
  /** The user's SID or identity. */
  user: string;
}

/** Deletes a user and takes it out of its conversations; its messages stay. */
export function removeUser(domain: Domain, input: RemoveUser): void {
  const { store, serviceSid } = domain;
  domain.facts.commit((record) => {
    const user = requireUser(domain, input.by, input.user);
    const stretch = { limit: Number.MAX_SAFE_INTEGER };
    for (const { row: participant } of store.participants.pageOfIdentity(
      serviceSid,
      user.identity,
      stretch,
    )) {
      const conversation = store.conversations.bySid(participant.conversationSid);
      if (!conversation) continue;
      store.participants.remove(participant.sid);
      record({ type: 'participant.removed', by: input.by, conversation, participant });
    }
    record({ type: 'user.removed', by: input.by, user });
    for (const { id } of store.pushRegistrations.ofIdentity(user.identity))
      store.pushRegistrations.remove(id);
    store.reachability.remove(user.identity);
    store.users.remove(user.sid);
  });
}
