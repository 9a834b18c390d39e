import { createHmac } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ISSUER = 'https://shop.example';
export const KID = 'k1';
export const SECRET = 'a-secret-of-the-site-that-is-long-enough';

/** Claims as a host site's backend writes them at `now` (Unix seconds). */
export function claimsAt(now: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { iss: ISSUER, aud: 'twilio-webchat', sub: '42', iat: now, exp: now + 300, jti: 'j-1', ...changes };
}

export const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** A token as an attacker makes one, header and claims as wished: libraries refuse to. `undefined` leaves out. */
export function hs256(
  claims: unknown,
  header: Record<string, unknown> = {},
  secret: string | Uint8Array = SECRET,
): string {
  const signed = `${encode({ alg: 'HS256', kid: KID, ...header })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** A web server on a free port of this machine. */
export async function serve(
  listener: RequestListener,
): Promise<{ url: string; asked: () => number; close: () => Promise<void> }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
