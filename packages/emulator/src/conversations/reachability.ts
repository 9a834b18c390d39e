import type { ReachabilityRow } from '../store/rows.js';
import type { Domain } from './domain.js';

/** Whether users are told who of them is online: off, until the service's configuration says so. */
export function reachabilityEnabled({ store, serviceSid }: Domain): boolean {
  return store.serviceConfigurations.get(serviceSid)?.reachabilityEnabled ?? false;
}

/** What is known of an identity; null while reachability is off. */
export function reachabilityOf(domain: Domain, identity: string): ReachabilityRow | null {
  if (!reachabilityEnabled(domain)) return null;
  const online = domain.store.reachability.get(identity)?.online ?? false;
  return { identity, online, notifiable: isNotifiable(domain, identity) };
}

const isNotifiable = ({ store }: Domain, identity: string): boolean =>
  store.pushRegistrations.ofIdentity(identity).length > 0;

/**
 * Keeps what has changed for an identity: that its first socket opened or its last one closed (`online`), and whether
 * its apps can be notified. While reachability is off nothing is written, so that sockets cost no rows.
 */
export function updateReachability(domain: Domain, input: { identity: string; online?: boolean }): void {
  const { identity } = input;
  if (!reachabilityEnabled(domain)) return;
  domain.facts.commit((record) => {
    const { store } = domain;
    const user = store.users.byIdentity(domain.serviceSid, identity);
    if (!user) return;
    const before = store.reachability.get(identity);
    const reachability: ReachabilityRow = {
      identity,
      online: input.online ?? before?.online ?? false,
      notifiable: isNotifiable(domain, identity),
    };
    if (reachability.online === before?.online && reachability.notifiable === before.notifiable) return;
    store.reachability.put(reachability);
    record({ type: 'user.reachability', by: { source: 'SDK', identity }, user, reachability });
  });
}

/**
 * After a sudden end everybody is said to be online who was: nobody is, before a socket opens. So it is, too, once
 * nobody takes note any more of who goes.
 */
export function forgetWhoWasOnline(domain: Domain): void {
  for (const { identity } of domain.store.reachability.online()) {
    updateReachability(domain, { identity, online: false });
  }
}
