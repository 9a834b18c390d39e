import type { Domain } from '../conversations/domain.js';
import { maySee } from '../conversations/membership.js';
import { Refusal, type RefusalName } from '../errors.js';
import type { SyncObjectRow } from '../store/rows.js';

type SyncType = SyncObjectRow['type'];

const notFound: Record<SyncType, RefusalName> = {
  document: 'sync_document_not_found',
  list: 'sync_list_not_found',
  map: 'sync_map_not_found',
};

/** Whether an identity may read an object. Asked for every object, item query and subscription. */
function mayRead(domain: Domain, identity: string, object: SyncObjectRow): boolean {
  switch (object.access) {
    case 'owner':
      return object.subject === identity;
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
