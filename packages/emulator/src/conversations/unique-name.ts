import { Refusal } from '../errors.js';
import type { Domain } from './domain.js';
import { checkName } from './limits.js';

/** Refuses a name that another conversation of the service has, or that could be taken for a SID. */
export function checkUniqueName(domain: Domain, name: string | null, ownSid?: string): string | null {
  const uniqueName = checkName('UniqueName', name);
  if (uniqueName === null) return null;
  if (/^CH[0-9a-f]{32}$/.test(uniqueName)) throw new Refusal('unique_name_like_sid');
  const holder = domain.store.conversations.byUniqueName(domain.serviceSid, uniqueName);
  if (holder && holder.sid !== ownSid) throw new Refusal('unique_name_exists');
  return uniqueName;
}
