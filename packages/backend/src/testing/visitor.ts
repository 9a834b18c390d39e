import { webcrypto } from 'node:crypto';

/** An anonymous visitor as a browser makes one, written from the description and not from the server's code. */
export interface Visitor {
  identity: string;
  proof: string;
}

/** Makes a visitor out of the 32 bytes that only the browser holds. */
export async function visitorOf(secret: Uint8Array, appId = ''): Promise<Visitor> {
  const text = new TextEncoder();
  const parts = [text.encode('twilio-webchat/anon-id/v1'), [0], text.encode(appId), [0], secret];
  const message = Uint8Array.from(parts.flatMap((part) => [...part]));
  const hash = new Uint8Array(await webcrypto.subtle.digest('SHA-256', message)).slice(0, 16);
  const hex = [...hash]
    .map((byte, place) => (place === 6 ? (byte % 16) + 0x80 : place === 8 ? (byte % 64) + 0x80 : byte))
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  const identity = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
  const base64 = btoa(String.fromCharCode(...secret));
  return { identity, proof: `s1.${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}` };
}

/** The 32 bytes: version, time of birth in Unix seconds, and 27 random ones. */
export function secretOf(
  birth: number,
  random: Uint8Array = webcrypto.getRandomValues(new Uint8Array(27)),
): Uint8Array {
  const secret = new Uint8Array(32);
  secret[0] = 1;
  new DataView(secret.buffer).setUint32(1, birth);
  secret.set(random, 5);
  return secret;
}

/** A new visitor, born at `birth` (Unix seconds; default now). */
export function newVisitor(birth: number = Math.floor(Date.now() / 1000), appId = ''): Promise<Visitor> {
  return visitorOf(secretOf(birth), appId);
}
