import { isIPv6, SocketAddress } from 'node:net';
import type { Config } from './config.js';

/** Counts calls. A store shared by several servers answers later, hence the promise. */
export interface Limits {
  /** Takes one call out of a bucket; resolves to 0, or to the seconds after which one more is allowed. */
  take(bucket: LimitedBy, key: string): Promise<number>;
}

/** What calls are counted by. `newIdentities` is one bucket for the whole service. */
export type LimitedBy = 'ip' | 'identity' | 'newIdentities';

/** A bucket holds `burst` calls and gains `perMinute` of them each minute. */
export interface Rate {
  perMinute: number;
  burst: number;
}

/** The rates of buckets that stand for a service's settings; each store of limits counts by the same ones. */
export function ratesFor(config: Pick<Config, 'newIdentitiesPerHour'>): Record<LimitedBy, Rate> {
  const { newIdentitiesPerHour: perHour } = config;
  return { ...RATES, newIdentities: { perMinute: perHour / 60, burst: perHour } };
}

const RATES: Record<LimitedBy, Rate> = {
  ip: { perMinute: 20, burst: 40 },
  // Each page view with an open chat asks once: a shopper may turn a page every five seconds for ever, and a browser
  // may bring back twenty tabs at once. Both stay under a network's, so one visitor does not speak for a whole office.
  identity: { perMinute: 12, burst: 20 },
  newIdentities: { perMinute: 1000 / 60, burst: 1000 },
};

/**
 * Token buckets in memory, for one server. Of each kind the longest unused one goes first when there are `capacity` of
 * them: who makes many of one kind must not empty the budget that bounds another.
 *
 * @example
 * const limits = createMemoryLimits({ now: Date.now, rates: { ip: { perMinute: 60, burst: 120 } } });
 */
export function createMemoryLimits(options: {
  /** Milliseconds. */
  now: () => number;
  /** Default: 20 a minute and 40 at once for a network, 12 and 20 for an identity, 1000 new identities an hour. */
  rates?: Partial<Record<LimitedBy, Rate>>;
  /** Default 100,000 buckets of each kind. */
  capacity?: number;
}): Limits {
  const { now, capacity = 100_000 } = options;
  const rates = { ...RATES, ...options.rates };
  // A bucket's level is counted in milliseconds, of which one call costs a fixed number: fractions of a call would
  // add up to a little too little, and refuse whoever comes back exactly when told to.
  type Buckets = Map<string, { level: number; at: number }>;
  const kinds: Record<LimitedBy, Buckets> = { ip: new Map(), identity: new Map(), newIdentities: new Map() };

  return {
    take(bucket, key) {
      const cost = 60_000 / rates[bucket].perMinute;
      const full = rates[bucket].burst * cost;
      const buckets = kinds[bucket];
      const at = now();
      const before = buckets.get(key) ?? { level: full, at };
      // A clock set back must not drain a bucket.
      const level = Math.min(full, before.level + Math.max(0, at - before.at));
      const allowed = level >= cost;
      buckets.delete(key);
      buckets.set(key, { level: allowed ? level - cost : level, at });
      if (buckets.size > capacity) {
        const longestUnused = buckets.keys().next().value;
        if (longestUnused !== undefined) buckets.delete(longestUnused);
      }
      return Promise.resolve(allowed ? 0 : Math.ceil((cost - level) / 1000));
    },
  };
}

/** The key that one network is counted by: whoever has one IPv6 address has its whole /64. */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  // The platform spells an address in its one canonical form; that leaves only `::` to spell out.
  const canonical = new SocketAddress({ family: 'ipv6', address: ip.replace(/%.*$/, '') }).address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical);
  if (mapped?.[1]) return mapped[1];
  const [head = '', tail] = canonical.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return `${[...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')}::/64`;
}
