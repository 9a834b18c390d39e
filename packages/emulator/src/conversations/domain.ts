import type { Clock } from '../clock.js';
import type { Facts } from '../facts.js';
import type { Ids } from '../ids.js';
import type { Store } from '../store/store.js';

/**
 * What every use case works with. A use case is a function `(domain, input) => row`: it checks, writes in one
 * transaction, and records what happened. Membership and roles are checked here for SDK actors, so that no edge
 * can forget them; API actors are the account itself.
 */
export interface Domain {
  store: Store;
  facts: Facts;
  clock: Clock;
  ids: Ids;
}
