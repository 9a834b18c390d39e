import { Refusal } from '../errors.js';
import type { Actor } from '../facts.js';
import type { UserRow } from '../store/rows.js';
import type { Domain } from './domain.js';
import { ensureUser } from './ensure-user.js';
import { checkIdentity } from './limits.js';
import { updatedUser } from './update-user.js';

export interface AddUser {
  by: Actor;
  identity: string;
  friendlyName?: string | null;
  attributes?: string;
  roleSid?: string;
}

/** Makes the user of an identity before it is first seen. */
export function addUser(domain: Domain, input: AddUser): UserRow {
  const { store, serviceSid } = domain;
  return domain.facts.commit(() => {
    const identity = checkIdentity(input.identity);
    if (store.users.byIdentity(serviceSid, identity)) throw new Refusal('user_exists', identity);
    return ensureUser(domain, { ...input, identity }, (user) => updatedUser(domain, user, input));
  });
}
