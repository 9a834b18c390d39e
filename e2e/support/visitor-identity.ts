import { createHash, randomBytes } from 'node:crypto';

/** An anonymous identity as the browser makes it, written a second time so that a shared mistake cannot hide. */
export function newIdentity(birthSeconds: number = Math.floor(Date.now() / 1000)): {
  identity: string;
  proof: string;
} {
  const secret = Buffer.alloc(32);
  secret[0] = 1;
  secret.writeUInt32BE(birthSeconds, 1);
  randomBytes(27).copy(secret, 5);
  const hash = createHash('sha256')
    .update(Buffer.concat([Buffer.from('twilio-webchat/anon-id/v1\0\0', 'latin1'), secret]))
    .digest()
    .subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  const identity = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
  return { identity, proof: `s1.${secret.toString('base64url')}` };
}

/** Asks the token service as the widget does. */
export async function requestToken(
  url: string,
  identity: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<{
  status: number;
  body: Record<string, unknown> & { error?: { code: string; message: string } };
}> {
  const response = await fetch(`${url}/chat-widget?identity=${encodeURIComponent(identity)}`, {
    method: 'POST',
    headers: { origin: new URL(url).origin, ...headers },
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: await response.json() };
}
