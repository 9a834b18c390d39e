import type { Domain } from '../conversations/domain.js';
import { maySee } from '../conversations/membership.js';
import { Refusal, type RefusalName } from '../errors.js';
import type { SyncObjectRow } from '../store/rows.js';
import { syncNames } from '../sync-names.js';

type SyncType = SyncObjectRow['type'];

const notFound: Record<SyncType, RefusalName> = {
  document: 'sync_document_not_found',
  list: 'sync_list_not_found',
  map: 'sync_map_not_found',
};

/** Whether an identity may read an object. Asked for every object, item query and subscription. */
function mayRead(domain: Domain, identity: string, object: SyncObjectRow): boolean {
  switch (object.access) {
    case 'owner': {
      // A file may still hold the same identity's map of an earlier service.
      const user = domain.store.users.byIdentity(domain.serviceSid, identity);
      return user !== undefined && object.uniqueName === syncNames.myConversations(user);
    }
    case 'service':
      return object.subject === domain.serviceSid;
    case 'conversation': {
      const conversation = domain.store.conversations.bySid(object.subject);
      if (conversation?.chatServiceSid !== domain.serviceSid) return false;
      // A creator reads the document before it joins: the SDK opens it with the reply to the creation.
      if (object.type === 'document') return maySee(domain, identity, conversation);
      return domain.store.participants.byIdentity(conversation.sid, identity) !== undefined;
    }
  }
}

/**
 * For access that comes from more than a participant's row, which tells of its end by a fact: asks whether it still is.
 * Roles change without a fact, and a creator is waited for only until it has joined.
 */
export function stillReadable(
  domain: Domain,
  identity: string,
  object: SyncObjectRow,
): (() => boolean) | undefined {
  if (object.access !== 'conversation') return undefined;
  if (domain.store.participants.byIdentity(object.subject, identity)) return undefined;
  // Of one that is gone, its end is still to be told.
  return () =>
    domain.store.conversations.bySid(object.subject) === undefined || mayRead(domain, identity, object);
}

/** The object of that type with that SID or unique name. Throws `sync_…_not_found` or `sync_forbidden`. */
export function requireReadable(
  domain: Domain,
  identity: string,
  type: SyncType,
  sidOrUniqueName: string,
): SyncObjectRow {
  const { syncObjects } = domain.store;
  const object = syncObjects.bySid(sidOrUniqueName) ?? syncObjects.byUniqueName(sidOrUniqueName);
  if (object?.type !== type) throw new Refusal(notFound[type], sidOrUniqueName);
  if (!mayRead(domain, identity, object)) throw new Refusal('sync_forbidden', sidOrUniqueName);
  return object;
}
