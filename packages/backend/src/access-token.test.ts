import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import twilio from 'twilio';
import { expect, test, vi } from 'vitest';
import { createTokenSigner } from './access-token.js';
import { testConfig } from './testing/config.js';

const NOW = 1_795_342_132;

test.each([
  ['without a push credential', {}],
  ['with a push credential', { pushCredentialSid: `CR${'4'.repeat(32)}` }],
  ['with another lifetime', { tokenTtl: 900 }],
])('a token equals the official helper’s in header and claims, %s', async (_name, changes) => {
  const config = testConfig(changes);
  const ours = createTokenSigner(config)('visitor-42', NOW);

  vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] });
  const { AccessToken } = twilio.jwt;
  const helper = new AccessToken(config.accountSid, config.apiKeySid, config.apiKeySecret, {
    identity: 'visitor-42',
    ttl: config.tokenTtl,
  });
  helper.addGrant(
    new AccessToken.ChatGrant({
      serviceSid: config.serviceSid,
      ...(config.pushCredentialSid === undefined ? {} : { pushCredentialSid: config.pushCredentialSid }),
    }),
  );
  const theirs = helper.toJwt();
  vi.useRealTimers();

  expect(decodeProtectedHeader(ours)).toEqual(decodeProtectedHeader(theirs));
  expect(decodeJwt(ours)).toEqual(decodeJwt(theirs));
});

test('a token is signed with the API key secret', async () => {
  const config = testConfig();
  const now = Math.floor(Date.now() / 1000);
  const token = createTokenSigner(config)('visitor-42', now);
  const verified = await jwtVerify(token, Buffer.from(config.apiKeySecret), { algorithms: ['HS256'] });
  expect(verified.payload.exp).toBe(now + 3600);
  await expect(jwtVerify(token, Buffer.from('another-secret-of-the-same-length'))).rejects.toThrow();
});
