import { randomBytes } from 'node:crypto';
import type { Ids, SidPrefix } from './ids.js';
import type { Credentials } from './options.js';
import { StartError } from './start-error.js';
import type { Settings } from './store/settings.js';

const names = ['accountSid', 'authToken', 'apiKeySid', 'apiKeySecret', 'serviceSid'] as const;

const prefixes: Partial<Record<keyof Credentials, SidPrefix>> = {
  accountSid: 'AC',
  apiKeySid: 'SK',
  serviceSid: 'IS',
};

/** The SDKs and the helper look at SIDs before they use them, so a wrong one is better found here. */
function check(given: Partial<Credentials>): void {
  for (const name of names) {
    const value = given[name];
    const prefix = prefixes[name];
    if (value === undefined) continue;
    if (prefix && !new RegExp(`^${prefix}[0-9a-f]{32}$`).test(value)) {
      throw new StartError('invalid_option', `credentials.${name} must be ${prefix} and 32 hex digits`);
    }
    if (value === '') throw new StartError('invalid_option', `credentials.${name} is empty`);
  }
}

/**
 * The credentials of a store: the given ones, else the first it ever had, else new ones. The first are kept, so that
 * whoever has them can come back after a restart.
 */
export function settleCredentials(settings: Settings, ids: Ids, given: Partial<Credentials>): Credentials {
  check(given);
  const settle = (name: keyof Credentials): string => {
    const kept = settings.get(name);
    if (kept !== null) return given[name] ?? kept;
    const prefix = prefixes[name];
    const first = given[name] ?? (prefix ? ids.sid(prefix) : randomBytes(16).toString('hex'));
    settings.set(name, first);
    return first;
  };
  return {
    accountSid: settle('accountSid'),
    authToken: settle('authToken'),
    apiKeySid: settle('apiKeySid'),
    apiKeySecret: settle('apiKeySecret'),
    serviceSid: settle('serviceSid'),
  };
}
