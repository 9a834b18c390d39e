import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFakeCrypto } from './testing.js';
import { userIdentity } from './user-identity.js';

const crypto = createFakeCrypto();
const tokenOf = (claims: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;

test('the identity of a user is the one that the protocol’s vector gives', () => {
  expect(userIdentity(tokenOf({ iss: 'https://shop.example', sub: '42' }), crypto)).toBe(
    'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60',
  );
});

test('it is what the token service derives, for every issuer and subject that can be written', () => {
  const text = fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, (iss, sub) => {
      const hash = createHash('sha256').update(`twilio-webchat/user/v1\0${iss}\0${sub}`, 'utf8');
      const token = tokenOf({ iss, sub });
      const expected = token.length > 3072 ? null : `u_${hash.digest('base64url')}`;
      expect(userIdentity(token, crypto)).toBe(expected);
    }),
  );
});

test('anything else is nobody, and never throws', () => {
  for (const claims of [
    { iss: 'a' },
    { sub: 'a' },
    { iss: '', sub: 'a' },
    { iss: 1, sub: 'a' },
    null,
    [],
    'x',
  ]) {
    expect(userIdentity(tokenOf(claims), crypto)).toBeNull();
  }
  expect(userIdentity(tokenOf({ iss: 'a', sub: 'b\ud800' }), crypto)).toBeNull();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json().map(tokenOf), fc.anything()), (value) => {
      expect(userIdentity(value, crypto)).toSatisfy((it) => it === null || /^u_[\w-]{43}$/.test(String(it)));
    }),
  );
});
