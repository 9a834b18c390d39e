import { hash, timingSafeEqual } from 'node:crypto';

/** Separates this hash from every other use of SHA-256; part of the contract with the widget. */
const DOMAIN = Buffer.from('twilio-webchat/anon-id/v1\0', 'ascii');
const IDENTITY = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** As long as Twilio lets an identity be. */
const NAME = /^[\w.@+:|-]{1,256}$/;
const PROOF = /^s1\.[A-Za-z0-9_-]{43}$/;
const SECRET_VERSION = 1;
const DAY = 86_400;

/**
 * Whether `text` could be an anonymous visitor's identity: a lower-case UUID of version 8. Agents, bots and logged-in
 * visitors have names of other shapes, so the anonymous path cannot reach them even if a later check were wrong.
 */
export function isAnonymousIdentity(text: string): boolean {
  return IDENTITY.test(text);
}

/**
 * Whether `text` could be the identity of an agent, a bot or a logged-in visitor: a name, and no UUID of any kind.
 * Total.
 */
export function couldBeAName(text: string): boolean {
  return NAME.test(text) && !UUID.test(text);
}

/** What a proof holds. */
export interface Proof {
  secret: Buffer;
  /** When the identity was made, by the visitor's clock: Unix seconds. */
  birth: number;
}

/** Decodes `s1.<base64url of 32 bytes>`; `null` for anything else. Total. */
export function decodeProof(text: string): Proof | null {
  if (!PROOF.test(text)) return null;
  const encoded = text.slice(3);
  const secret = Buffer.from(encoded, 'base64url');
  // 43 characters carry two bits more than 32 bytes: only the canonical spelling of a secret is a proof.
  if (secret.toString('base64url') !== encoded) return null;
  if (secret[0] !== SECRET_VERSION) return null;
  return { secret, birth: secret.readUInt32BE(1) };
}

/** The 16 bytes of the identity that belongs to a secret: a UUID of version 8 made of their hash. */
function identityBytes(secret: Uint8Array, appId: string): Buffer {
  const named = Buffer.concat([DOMAIN, Buffer.from(`${appId}\0`, 'utf8'), secret]);
  const bytes = hash('sha256', named, 'buffer').subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes;
}

/** The answer to "does this proof show that this identity is theirs?". */
export type IdentityVerdict =
  | { ok: true }
  | { ok: false; code: 'proof_malformed' | 'identity_not_yet_valid' | 'identity_expired' | 'proof_invalid' };

/** Checks possession of an anonymous identity, method `s1`: no state and no key are needed. */
export function verifyIdentity(claim: {
  /** Already known to satisfy {@link isAnonymousIdentity}. */
  identity: string;
  proof: string;
  appId: string;
  /** Unix seconds. */
  now: number;
  /** Identities older than this are refused; without it they live for ever. */
  maxAgeDays?: number;
}): IdentityVerdict {
  const proof = decodeProof(claim.proof);
  if (!proof) return { ok: false, code: 'proof_malformed' };
  // A day of grace: visitors' clocks are wrong in both directions.
  if (proof.birth > claim.now + DAY) return { ok: false, code: 'identity_not_yet_valid' };
  if (claim.maxAgeDays !== undefined && claim.now - proof.birth > claim.maxAgeDays * DAY) {
    return { ok: false, code: 'identity_expired' };
  }
  const claimed = Buffer.from(claim.identity.replaceAll('-', ''), 'hex');
  const expected = identityBytes(proof.secret, claim.appId);
  if (claimed.length !== expected.length || !timingSafeEqual(claimed, expected)) {
    return { ok: false, code: 'proof_invalid' };
  }
  return { ok: true };
}
