import { type Clock, systemClock } from '../clock.js';
import type { ContentTemplate } from '../content/content-template.js';
import { seedTemplates } from '../content/seed-templates.js';
import { createFacts } from '../fact-bus.js';
import type { Facts } from '../facts.js';
import { fixedSid, type Ids, randomIds } from '../ids.js';
import type { Store } from '../store/store.js';
import { type MediaLimits, mediaLimits } from './limits.js';
import { seedRoles } from './roles.js';

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
  accountSid: string;
  /** The one Conversations service there is so far. */
  serviceSid: string;
  messagingServiceSid: string;
  mediaLimits: MediaLimits;
  templates: readonly ContentTemplate[];
}

/** Where a domain lives: its store and account. Everything else has a default. */
export interface DomainOptions {
  store: Store;
  accountSid: string;
  serviceSid: string;
  clock?: Clock;
  ids?: Ids;
  mediaLimits?: Partial<MediaLimits>;
  templates?: readonly ContentTemplate[];
  log?: (line: string) => void;
}

/** A domain on a store, with its service and the default roles in place. */
export function createDomain(options: DomainOptions): Domain {
  const { store, accountSid, serviceSid, clock = systemClock, ids = randomIds } = options;
  if (!store.services.bySid(serviceSid)) {
    const now = clock.now();
    store.services.insert({
      sid: serviceSid,
      accountSid,
      friendlyName: 'Local Conversations Service',
      dateCreated: now,
      dateUpdated: now,
    });
  }
  seedRoles(store, serviceSid, clock.now());
  return {
    store,
    facts: createFacts(store, options.log ?? (() => {})),
    clock,
    ids,
    accountSid,
    serviceSid,
    messagingServiceSid: fixedSid('MG', accountSid),
    mediaLimits: { ...mediaLimits, ...options.mediaLimits },
    templates: options.templates ?? seedTemplates,
  };
}
