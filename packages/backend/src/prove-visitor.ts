import { type Call, type Params, valuesOf } from './call.js';
import type { Config } from './config.js';
import { ServiceError } from './errors.js';
import {
  couldBeAName,
  decodeProof,
  type IdentityVerdict,
  isAnonymousIdentity,
  verifyIdentity,
} from './identity.js';
import type { ProvenVisitor } from './proven-visitor.js';
import { type Limits, networkOf } from './rate-limit.js';
import { spend } from './spend.js';

type Refusal = Extract<IdentityVerdict, { ok: false }>['code'];

const REFUSALS: Record<Refusal, string> = {
  proof_malformed: 'The proof is not "s1." and 43 base64url characters of a version 1 secret.',
  identity_not_yet_valid: "The identity was made in the future. Set the visitor's clock by serverTime.",
  identity_expired: 'The identity is older than this service accepts. Make a new one.',
  proof_invalid: 'The proof does not belong to this identity.',
};

/** Finds out who calls: resolves to a visitor who proved it, and counts the call; refuses everybody else. */
export type ProveVisitor = (call: Call, body: Params) => Promise<ProvenVisitor>;

/** {@link ProveVisitor} for anonymous visitors, whose identity is a hash of the secret in their proof. */
export function createAnonymousProof(options: {
  config: Pick<Config, 'appId' | 'maxIdAgeDays'>;
  limits: Limits;
  /** Milliseconds. */
  now: () => number;
}): ProveVisitor {
  const { config, limits, now } = options;

  return async (call, body) => {
    const identity = readIdentity(call, body);
    // Some hosts do not know who calls; there only the identity is counted.
    if (call.ip !== undefined) await spend(limits, 'ip', networkOf(call.ip));
    const proof = readProof(call, body);
    const verdict = verifyIdentity({
      identity,
      proof,
      appId: config.appId,
      now: Math.floor(now() / 1000),
      ...(config.maxIdAgeDays === undefined ? {} : { maxAgeDays: config.maxIdAgeDays }),
    });
    if (!verdict.ok) throw new ServiceError(verdict.code, REFUSALS[verdict.code]);
    // Counted only now: before the proof, whoever knows an identity could use up its calls.
    await spend(limits, 'identity', identity);
    return { identity, kind: 'anonymous', nameSeed: decodeProof(proof)?.secret ?? Buffer.alloc(0) };
  };
}

/** One value of a parameter, from the query and the body together; `undefined` when it was not given. */
export function single(name: string, ...sources: readonly Params[]): string | undefined {
  const [value, ...more] = valuesOf(name, ...sources);
  if (more.length > 0)
    throw new ServiceError('bad_request', `The parameter ${name} was given more than once.`);
  return value;
}

function readIdentity(call: Call, body: Params): string {
  const identity = single('identity', call.query, body);
  if (identity === undefined || !isAnonymousIdentity(identity)) {
    if (identity !== undefined && couldBeAName(identity)) {
      throw new ServiceError(
        'identity_reserved',
        'Names belong to agents, bots and people who are logged in. Anonymous visitors have UUIDs of version 8.',
      );
    }
    throw new ServiceError(
      'identity_malformed',
      'The parameter identity must be a lower-case UUID of version 8.',
    );
  }
  return identity;
}

function readProof(call: Call, body: Params): string {
  if (valuesOf('proof', call.query).length > 0) {
    throw new ServiceError(
      'bad_request',
      'A proof in the URL ends up in logs. Send it in the body, and make a new identity.',
    );
  }
  const proof = single('proof', body);
  if (proof === undefined || proof === '') {
    throw new ServiceError('proof_required', 'Show the proof of the identity in the body.');
  }
  return proof;
}
