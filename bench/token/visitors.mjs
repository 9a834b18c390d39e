import { createHash, createHmac, randomBytes } from 'node:crypto';

export const origin = 'https://shop.example';

/** Visitors as browsers make them. @param {number} count */
export function makeVisitors(count) {
  const birth = Math.floor(Date.now() / 1000);
  return Array.from({ length: count }, () => {
    const secret = Buffer.concat([Buffer.from([1]), Buffer.alloc(4), randomBytes(27)]);
    secret.writeUInt32BE(birth, 1);
    const hash = createHash('sha256').update('twilio-webchat/anon-id/v1\0\0').update(secret).digest();
    hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
    hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
    const hex = hash.subarray(0, 16).toString('hex');
    const identity = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    return { identity, proof: `s1.${secret.toString('base64url')}` };
  });
}

/**
 * A call of the token service.
 *
 * @param {{ identity: string, proof?: string }} visitor @param {Record<string, string>} [changes] headers
 */
export function tokenCall({ identity, proof }, changes = {}) {
  return {
    method: /** @type {const} */ ('POST'),
    path: `/chat-widget?identity=${identity}`,
    headers: { origin, 'content-type': 'application/x-www-form-urlencoded', ...changes },
    body: proof === undefined ? '' : `proof=${proof}`,
  };
}

/** Throws unless `token` is made out to `identity` and signed with the API key. */
export function checkToken(token, identity, apiKeySecret) {
  const [head, claims, signature] = token.split('.');
  const expected = createHmac('sha256', apiKeySecret).update(`${head}.${claims}`).digest('base64url');
  const { grants, exp, iat } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  if (signature !== expected || grants.identity !== identity || exp - iat !== 3600) {
    throw new Error('The token is not the one that was asked for.');
  }
}
