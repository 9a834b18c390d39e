import fc from 'fast-check';
import twilio from 'twilio';
import { describe, expect, it } from 'vitest';
import type { Credentials } from '../options.js';
import { createTokenVerifier } from './access-token.js';

const credentials: Credentials = {
  accountSid: `AC${'1'.repeat(32)}`,
  authToken: 'unused',
  apiKeySid: `SK${'2'.repeat(32)}`,
  apiKeySecret: 'a secret of the key',
  serviceSid: `IS${'3'.repeat(32)}`,
};

const { AccessToken } = twilio.jwt;

function helperToken(identity: string, ttl: number): string {
  const token = new AccessToken(credentials.accountSid, credentials.apiKeySid, credentials.apiKeySecret, {
    identity,
    ttl,
  });
  token.addGrant(new AccessToken.ChatGrant({ serviceSid: credentials.serviceSid }));
  return token.toJwt();
}

describe('the token verifier', () => {
  const verify = createTokenVerifier(credentials, { now: () => Date.now() });

  it('takes what the official helper makes', async () => {
    const verdict = await verify(helperToken('søster 👋', 3600));
    expect(verdict).toMatchObject({ valid: true, token: { identity: 'søster 👋' } });
  });

  it('knows when a token ends, to the second', async () => {
    const jwt = helperToken('alice', 60);
    const { exp } = JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as { exp: number };
    const at = (milliseconds: number) => createTokenVerifier(credentials, { now: () => milliseconds })(jwt);
    expect(await at(exp * 1000 - 1)).toEqual({
      valid: true,
      token: { identity: 'alice', expiresAt: exp * 1000 },
    });
    expect(await at(exp * 1000)).toEqual({ valid: false, errorCode: 20104 });
  });

  it('takes a whole day and not a second more', async () => {
    expect((await verify(helperToken('alice', 86_400))).valid).toBe(true);
    expect(await verify(helperToken('alice', 86_401))).toEqual({ valid: false, errorCode: 20157 });
  });

  it('refuses any other text, and never throws', async () => {
    const segment = fc.oneof(
      fc.base64String(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    const tokens = fc.oneof(
      fc.string(),
      fc.tuple(segment, segment, segment).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(tokens, async (token) => {
        expect((await verify(token)).valid).toBe(false);
      }),
    );
  });

  it('refuses a token with any one character changed', async () => {
    const jwt = helperToken('alice', 3600);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(jwt.length - 1),
        fc.constantFrom('A', 'b', '0', '_', '.'),
        async (at, other) => {
          const changed = jwt.slice(0, at) + other + jwt.slice(at + 1);
          // Base64url leaves the last bits of a segment unused: what decodes to the same bytes is the same token.
          const same = changed
            .split('.')
            .every((part, index) =>
              Buffer.from(part, 'base64url').equals(Buffer.from(jwt.split('.')[index] ?? '', 'base64url')),
            );
          fc.pre(!same);
          expect((await verify(changed)).valid).toBe(false);
        },
      ),
    );
  });
});
