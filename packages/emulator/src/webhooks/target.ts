import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** An address that was checked, and that the connection is then made to: a second look-up could answer otherwise. */
export interface Address {
  address: string;
  family: 4 | 6;
}

export type TargetVerdict =
  | { allowed: true; url: URL; addresses: Address[] }
  | { allowed: false; reason: string };

export type Resolve = (hostname: string) => Promise<Address[]>;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback({ address, family }: Address): boolean {
  // Addresses like ::ffff:127.0.0.1 are checked as the IPv4 address they stand for.
  return loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

const systemResolve: Resolve = async (hostname) => {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/**
 * Whether a webhook may be sent to a URL. Anyone who can write a webhook could otherwise make the developer's
 * machine call its own network: only loopback, and hosts that were named on purpose, are let through.
 */
export async function judgeTarget(
  text: string,
  allowedHosts: readonly string[],
  resolve: Resolve = systemResolve,
): Promise<TargetVerdict> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { allowed: false, reason: 'not a URL' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { allowed: false, reason: 'only http and https are called' };
  }
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const version = isIP(hostname);
  let addresses: Address[];
  try {
    addresses =
      version === 0 ? await resolve(hostname) : [{ address: hostname, family: version === 6 ? 6 : 4 }];
  } catch {
    return { allowed: false, reason: `no address found for ${hostname}` };
  }
  const named = allowedHosts.includes(url.hostname) || allowedHosts.includes(url.host);
  if (addresses.length === 0) return { allowed: false, reason: `no address found for ${hostname}` };
  if (!named && !addresses.every(isLoopback)) {
    return { allowed: false, reason: `${hostname} is not loopback and not in allowedWebhookHosts` };
  }
  return { allowed: true, url, addresses };
}
