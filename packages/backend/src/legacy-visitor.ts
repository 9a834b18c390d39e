import { valuesOf } from './call.js';
import { ServiceError } from './errors.js';
import { couldBeAName, isAnonymousIdentity } from './identity.js';
import { type ProveVisitor, single } from './prove-visitor.js';
import { type Limits, networkOf } from './rate-limit.js';
import { spend } from './spend.js';

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether `text` could be the identity of a visitor of the original. */
export function isLegacyIdentity(text: string): boolean {
  return VERSION_4.test(text);
}

/**
 * The original's clients ask by GET and prove nothing. They get UUIDs of version 4, which nobody has who proves
 * something: whoever turns this on gives up those visitors' privacy and nobody else's.
 */
export function createLegacyVisitor({ limits }: { limits: Limits }): ProveVisitor {
  return async (call) => {
    for (const name of ['proof', 'user_token']) {
      if (valuesOf(name, call.query).length === 0) continue;
      throw new ServiceError(
        'bad_request',
        `A ${name} in the URL ends up in logs. Send it in the body, by POST.`,
      );
    }
    const identity = single('identity', call.query);
    if (identity === undefined || !isLegacyIdentity(identity)) throw notLegacy(identity);
    if (call.ip !== undefined) await spend(limits, 'ip', networkOf(call.ip));
    // Whoever knows the identity can use up its calls. They could as well have its token: nothing more is lost.
    await spend(limits, 'identity', identity);
    return { identity, kind: 'legacy', nameSeed: Buffer.from(`legacy ${identity}`, 'ascii') };
  };
}

function notLegacy(identity: string | undefined): ServiceError {
  if (identity !== undefined && (isAnonymousIdentity(identity) || couldBeAName(identity))) {
    return new ServiceError('identity_reserved', 'This identity has to be proven. Ask with POST.');
  }
  return new ServiceError(
    'identity_malformed',
    'The parameter identity must be a lower-case UUID of version 4.',
  );
}
