// The same token by the official helper, as its documentation shows.
import { createRequire } from 'node:module';

const twilio = createRequire(new URL('../../packages/backend/package.json', import.meta.url))('twilio');
const { AccessToken } = twilio.jwt;

/** @param {any} issuer */
export function createTokenSigner({ accountSid, apiKeySid, apiKeySecret, serviceSid, tokenTtl }) {
  return (/** @type {string} */ identity) => {
    const token = new AccessToken(accountSid, apiKeySid, apiKeySecret, { identity, ttl: tokenTtl });
    token.addGrant(new AccessToken.ChatGrant({ serviceSid }));
    return token.toJwt();
  };
}
