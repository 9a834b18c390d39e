import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credentials } from '../options.js';

// Hashed first, so that secrets of any length take the same time to compare.
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether an `Authorization` header holds the account with its auth token, or the API key with its secret. */
export function checkBasicAuth(header: string | undefined, credentials: Credentials): boolean {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return false;
  const given = digest(Buffer.from(encoded, 'base64').toString('utf8'));
  const { accountSid, authToken, apiKeySid, apiKeySecret } = credentials;
  const pairs = [`${accountSid}:${authToken}`, `${apiKeySid}:${apiKeySecret}`];
  return pairs.map((pair) => timingSafeEqual(given, digest(pair))).includes(true);
}
