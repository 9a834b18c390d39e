import { type CryptoKey, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import type { UserTokenConfig } from './config.js';
import { errorFacts, ServiceError } from './errors.js';
import type { Log } from './log.js';
import { isSafeAddress } from './safe-address.js';
import type { UserTokenKey } from './user-token.js';

const FRESH_MS = 10 * 60_000;
const STALE_MS = 24 * 3_600_000;
const COOL_DOWN_MS = 30_000;
const TIMEOUT_MS = 3_000;
const LONGEST_SET = 64 * 1024;
const LEAST_RSA_BITS = 2048;

type Algorithm = Exclude<UserTokenConfig['algorithm'], 'HS256'>;
type Keys = ReadonlyMap<string, CryptoKey>;

/** What a key says of itself. */
const label = z.object({
  kid: z.string().min(1),
  use: z.literal('sig').optional(),
  key_ops: z.array(z.string()).optional(),
  alg: z.string().optional(),
  // Whoever publishes a private key has given the site's signature to everybody.
  d: z.undefined().optional(),
});

/** Only these members reach the crypto; what else a key has (certificates, addresses) plays no part. */
const MATERIAL: Record<Algorithm, z.ZodType<JWK>> = {
  ES256: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
  RS256: z.object({ kty: z.literal('RSA'), n: z.string(), e: z.string() }),
  EdDSA: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
};

/** EdDSA on this curve has got a name of its own since. */
const NAMES: Record<Algorithm, readonly string[]> = {
  ES256: ['ES256'],
  RS256: ['RS256'],
  EdDSA: ['EdDSA', 'Ed25519'],
};

const keySet = z.object({ keys: z.array(z.unknown()) });

/** What {@link createJwks} takes. */
export interface JwksOptions {
  url: string;
  algorithm: Algorithm;
  log: Log;
  /** Milliseconds. */
  now: () => number;
  /** Default 3000. */
  timeoutMs?: number;
}

/**
 * The host site's public keys, from one address. They are asked for again after ten minutes, or when a token names a
 * key that is not among them; never more often than each half minute, however many tokens name keys that nobody has.
 * While the address does not answer, keys of the last day go on being believed.
 *
 * @throws TypeError when whoever sits between could swap the keys: the address is not https, nor on this machine.
 */
export function createJwks(options: JwksOptions): UserTokenKey {
  const { url, algorithm, log, now, timeoutMs = TIMEOUT_MS } = options;
  if (!isSafeAddress(url)) throw new TypeError("The address of the site's public keys has to be https.");
  let known: { keys: Keys; at: number } | undefined;
  let tried: { at: number; failed: boolean } | undefined;
  let asking: Promise<void> | undefined;

  // A clock set back makes ages negative: those count as too old, not as young for hours.
  const within = (at: number | undefined, limit: number): boolean => {
    const age = at === undefined ? Number.NaN : now() - at;
    return age >= 0 && age < limit;
  };

  async function ask(): Promise<void> {
    try {
      const keys = await readKeys(await fetchSet(url, timeoutMs), algorithm);
      if (keys.size === 0) {
        log.warn({ event: 'jwks', outcome: 'no_keys' }, `no key at USER_TOKEN_JWKS_URL is for ${algorithm}`);
      }
      known = { keys, at: now() };
      tried = { at: now(), failed: false };
    } catch (error) {
      tried = { at: now(), failed: true };
      log.error(
        { event: 'jwks', outcome: 'jwks_unavailable', ...errorFacts(error) },
        'the public keys at USER_TOKEN_JWKS_URL could not be read',
      );
    }
  }

  /** One question at a time: callers that need the same answer wait for it together. */
  function refresh(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return async (kid) => {
    const wanted = !within(known?.at, FRESH_MS) || !known?.keys.has(kid);
    if (wanted && (asking || !within(tried?.at, COOL_DOWN_MS))) await refresh();
    const key = within(known?.at, STALE_MS) ? known?.keys.get(kid) : undefined;
    // Without a fresh answer nobody knows whether the site has this key.
    if (key === undefined && tried?.failed !== false) {
      const retryAfter = Math.max(1, Math.ceil(((tried?.at ?? 0) + COOL_DOWN_MS - now()) / 1000));
      throw new ServiceError(
        'jwks_unavailable',
        `The site's public keys cannot be read. Try again in ${retryAfter} s.`,
        {
          retryAfter: Math.min(retryAfter, COOL_DOWN_MS / 1000),
        },
      );
    }
    return key;
  };
}

async function fetchSet(url: string, timeoutMs: number): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    // An open redirect on the site must not choose whose keys are believed.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`The address answered ${response.status} instead of 200 with a JSON Web Key Set.`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels what is left of the body.
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > LONGEST_SET) throw new Error('The address answered with more than 64 KB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The keys by their id that fit the algorithm; the others are passed over, for a site may have more. */
async function readKeys(text: string, algorithm: Algorithm): Promise<Keys> {
  const keys = new Map<string, CryptoKey>();
  for (const given of readSet(text)) {
    const [said, material] = [label.safeParse(given), MATERIAL[algorithm].safeParse(given)];
    if (!said.success || !material.success) continue;
    const { kid, alg = algorithm, key_ops = ['verify'] } = said.data;
    if (!NAMES[algorithm].includes(alg) || !key_ops.includes('verify')) continue;
    const key = await importJWK(material.data, algorithm).catch(() => undefined);
    if (key && !(key instanceof Uint8Array) && isStrong(key)) keys.set(kid, key);
  }
  return keys;
}

function readSet(text: string): unknown[] {
  try {
    return keySet.parse(JSON.parse(text)).keys;
  } catch {
    throw new Error('The address answered with something that is not a JSON Web Key Set.');
  }
}

function isStrong({ algorithm }: CryptoKey): boolean {
  return !('modulusLength' in algorithm) || Number(algorithm.modulusLength) >= LEAST_RSA_BITS;
}
