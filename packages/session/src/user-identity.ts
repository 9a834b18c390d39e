import { concatBytes, fromBase64url, toBase64url, utf8Bytes, utf8Text } from './bytes.js';
import type { SessionCrypto } from './ports.js';

const DOMAIN = 'twilio-webchat/user/v1';
/** The token service reads no longer ones. */
const LONGEST_TOKEN = 3 * 1024;

/**
 * The identity of the user whom the site's token speaks of, as the token service will derive it: known before that is
 * asked, so that nothing of one user is ever shown to another. Nothing is verified here. Total: `null` for anything
 * that cannot be such a token.
 */
export function userIdentity(token: unknown, crypto: SessionCrypto): string | null {
  if (typeof token !== 'string' || token.length > LONGEST_TOKEN) return null;
  const parts = token.split('.');
  const bytes = parts.length === 3 ? fromBase64url(parts[1] ?? '') : null;
  const claims = bytes && parseClaims(utf8Text(bytes));
  if (!claims) return null;
  const zero = Uint8Array.of(0);
  const material = concatBytes(utf8Bytes(DOMAIN), zero, claims.iss, zero, claims.sub);
  return `u_${toBase64url(crypto.sha256(material))}`;
}

function parseClaims(text: string | null): { iss: Uint8Array; sub: Uint8Array } | null {
  try {
    const claims: unknown = JSON.parse(text ?? 'null');
    if (typeof claims !== 'object' || claims === null) return null;
    const { iss, sub } = claims as Partial<Record<string, unknown>>;
    if (typeof iss !== 'string' || typeof sub !== 'string' || iss === '' || sub === '') return null;
    // Half a surrogate pair has no bytes: that throws, and is nobody.
    return { iss: utf8Bytes(iss), sub: utf8Bytes(sub) };
  } catch {
    return null;
  }
}
