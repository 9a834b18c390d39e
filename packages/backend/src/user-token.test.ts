import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { claimsAt, encode, hs256, ISSUER, KID, SECRET } from './testing/user-tokens.js';
import { createUserTokenVerifier, secretKeys, type UserTokenKey, userIdentity } from './user-token.js';

const NOW = 1_795_342_132;
const now = () => NOW * 1000;
const USER = 'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60';

const verify = createUserTokenVerifier({
  config: { issuer: ISSUER, algorithm: 'HS256' },
  keyFor: secretKeys({ [KID]: SECRET, old: 'the-secret-before-it-was-replaced-000' }),
  now,
});

const codeOf = (answer: Promise<string>): Promise<string> =>
  answer.then(
    (identity) => `accepted ${identity}`,
    (error: { code?: string }) => error.code ?? String(error),
  );

const withClaims = (changes: Record<string, unknown>) => hs256(claimsAt(NOW, changes));

describe('the identity of a logged-in visitor', () => {
  test('is the one that was agreed on', () => {
    expect(userIdentity(ISSUER, '42')).toBe(USER);
  });

  test('belongs to one site and one person', () => {
    expect(userIdentity('https://other.example', '42')).not.toBe(USER);
    expect(userIdentity(ISSUER, '43')).not.toBe(USER);
  });
});

test('a secret of less than 32 bytes is refused, by whom the configuration was written, too', () => {
  expect(() => secretKeys({ [KID]: SECRET, weak: 'x'.repeat(31) })).toThrow(/weak.*32 bytes/);
  expect(() => secretKeys({ [KID]: '' })).toThrow(/32 bytes/);
  expect(() => secretKeys({ [KID]: 'é'.repeat(16) })).not.toThrow();
});

describe("a site's token", () => {
  test.each([
    ['as sites sign it', withClaims({})],
    ['of almost 3 KB', withClaims({ name: 'x'.repeat(2000) })],
    ['with a name, which nobody reads', withClaims({ name: 'Ada' })],
    [
      'signed with another of the secrets',
      hs256(claimsAt(NOW), { kid: 'old' }, 'the-secret-before-it-was-replaced-000'),
    ],
    ['of ten minutes', withClaims({ exp: NOW + 600 })],
    ['that is over by less than a minute', withClaims({ iat: NOW - 350, exp: NOW - 59 })],
    ['by a clock that is a minute ahead', withClaims({ iat: NOW + 60 })],
    ['with a typ', hs256(claimsAt(NOW), { typ: 'JWT' })],
  ])('%s is accepted', async (_what, token) => {
    expect(await verify(token)).toBe(USER);
  });

  test.each<[string, string, string?]>([
    ['nothing', ''],
    ['no JWT', 'hello'],
    ['a proof', `s1.${'A'.repeat(43)}`],
    ['two parts', withClaims({}).split('.').slice(0, 2).join('.')],
    ['four parts', `${withClaims({})}.AAAA`],
    ['five parts', `${withClaims({})}.AAAA.AAAA`],
    ['no signature', `${withClaims({}).split('.').slice(0, 2).join('.')}.`],
    ['alg none without a signature', `${encode({ alg: 'none', kid: KID })}.${encode(claimsAt(NOW))}.`],
    ['alg none with one', hs256(claimsAt(NOW), { alg: 'none' })],
    ['alg None', hs256(claimsAt(NOW), { alg: 'None' })],
    ['alg hs256', hs256(claimsAt(NOW), { alg: 'hs256' })],
    ['alg HS512', hs256(claimsAt(NOW), { alg: 'HS512' })],
    ['alg RS256', hs256(claimsAt(NOW), { alg: 'RS256' })],
    ['no alg', hs256(claimsAt(NOW), { alg: undefined })],
    ['a list as alg', hs256(claimsAt(NOW), { alg: ['HS256'] })],
    ['another secret', hs256(claimsAt(NOW), {}, `${SECRET}!`)],
    ['an empty secret', hs256(claimsAt(NOW), {}, '')],
    ['no kid', hs256(claimsAt(NOW), { kid: undefined })],
    ['an empty kid', hs256(claimsAt(NOW), { kid: '' })],
    ['an unknown kid', hs256(claimsAt(NOW), { kid: 'k2' })],
    ['a number as kid', hs256(claimsAt(NOW), { kid: 1 })],
    ['a list as kid', hs256(claimsAt(NOW), { kid: [KID] })],
    ['kid __proto__', hs256(claimsAt(NOW), JSON.parse('{"__proto__":1,"kid":"__proto__"}'), '')],
    ['kid constructor', hs256(claimsAt(NOW), { kid: 'constructor' }, 'function Object() { [native code] }')],
    ['kid toString', hs256(claimsAt(NOW), { kid: 'toString' }, '')],
    ['kid as a path', hs256(claimsAt(NOW), { kid: '../../../dev/null' }, '')],
    ['kid as SQL', hs256(claimsAt(NOW), { kid: `x' UNION SELECT 'a` }, 'a')],
    ['crit', hs256(claimsAt(NOW), { crit: ['exp'], exp: NOW })],
    ['crit b64', hs256(claimsAt(NOW), { crit: ['b64'], b64: true })],
    ['empty crit', hs256(claimsAt(NOW), { crit: null })],
    ['jku', hs256(claimsAt(NOW), { jku: 'https://evil.example/jwks.json' })],
    ['x5u', hs256(claimsAt(NOW), { x5u: 'https://evil.example/cert' })],
    ['jwk', hs256(claimsAt(NOW), { jwk: { kty: 'oct', k: encode(SECRET) } })],
    ['x5c', hs256(claimsAt(NOW), { x5c: ['MIIB'] })],
    ['a header that is no JSON', `${encode('{"alg":"HS256"')}.${encode(claimsAt(NOW))}.AAAA`],
    ['a header that is a list', `${encode(['HS256'])}.${encode(claimsAt(NOW))}.AAAA`],
    ['claims that are no JSON', hs256('{"iss":')],
    ['claims that are a list', hs256([claimsAt(NOW)])],
    ['no claims', hs256({})],
    ['no iss', withClaims({ iss: undefined })],
    ['another iss', withClaims({ iss: 'https://shop.example.evil' })],
    ['several iss', withClaims({ iss: [ISSUER] })],
    ['no aud', withClaims({ aud: undefined })],
    ['another aud', withClaims({ aud: 'twilio-webchat2' }), 'audience_mismatch'],
    ['other auds', withClaims({ aud: ['a', 'b'] }), 'audience_mismatch'],
    ['an aud of others too', withClaims({ aud: ['twilio-webchat', 'b'] }), 'audience_mismatch'],
    ['no sub', withClaims({ sub: undefined })],
    ['an empty sub', withClaims({ sub: '' })],
    ['a sub of 201', withClaims({ sub: 'x'.repeat(201) })],
    ['a number as sub', withClaims({ sub: 42 })],
    ['half a pair as sub', withClaims({ sub: '\ud800' })],
    ['no jti', withClaims({ jti: undefined })],
    ['an empty jti', withClaims({ jti: '' })],
    ['a number as jti', withClaims({ jti: 7 })],
    ['no exp', withClaims({ exp: undefined })],
    ['a text as exp', withClaims({ exp: String(NOW + 300) })],
    ['no iat', withClaims({ iat: undefined })],
    ['a text as iat', withClaims({ iat: String(NOW) })],
    ['a life of 601 s', withClaims({ exp: NOW + 601 })],
    ['a life of years', withClaims({ exp: NOW * 2 })],
    ['a future iat', withClaims({ iat: NOW + 61, exp: NOW + 300 })],
    ['a future nbf', withClaims({ nbf: NOW + 120 })],
    ['an end 61 s ago', withClaims({ iat: NOW - 361, exp: NOW - 61 }), 'user_token_expired'],
    ['more than 3 KB', withClaims({ name: 'x'.repeat(2200) })],
  ])('with %s is refused', async (_what, token, code = 'user_token_invalid') => {
    expect(await codeOf(verify(token))).toBe(code);
  });

  test('that was changed anywhere is refused', async () => {
    const token = withClaims({});
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), async (place, flip) => {
        const bytes = Buffer.from(token);
        bytes.writeUInt8(bytes.readUInt8(place) ^ flip, place);
        const changed = bytes.toString('latin1');
        // The last character of a part carries bits that no byte has.
        fc.pre(!samePartBytes(token, changed));
        expect(await codeOf(verify(changed))).toMatch(/^user_token_/);
      }),
    );
  });

  test('of any shape never breaks the reader', async () => {
    const part = fc.oneof(fc.string(), fc.json().map(encode), fc.base64String());
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        expect(await codeOf(verify(parts.join('.')))).toBe('user_token_invalid');
      }),
    );
  });

  test('of any claims gets its own identity or a known refusal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('sub', 'aud', 'exp', 'iat', 'nbf', 'iss', 'jti'), fc.jsonValue()),
        async (changes) => {
          expect(await codeOf(verify(withClaims(changes)))).toMatch(
            /^(user_token_(invalid|expired)|audience_mismatch|accepted u_.{43})$/,
          );
        },
      ),
    );
  });
});

function samePartBytes(one: string, other: string): boolean {
  const bytesOf = (token: string) =>
    token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
  return bytesOf(one).join('.') === bytesOf(other).join('.');
}

describe('a site with public keys', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const verifierOf = (algorithm: 'RS256' | 'ES256' | 'EdDSA', publicKey: KeyObject) =>
    createUserTokenVerifier({
      config: { issuer: ISSUER, algorithm },
      keyFor: only(publicKey),
      now,
    });
  const only =
    (key: KeyObject): UserTokenKey =>
    async (kid) =>
      kid === KID ? key : undefined;

  test.each([
    ['RS256', rsa],
    ['ES256', ec],
    ['EdDSA', ed],
  ] as const)('signs with %s', async (alg, { privateKey, publicKey }) => {
    const token = await new SignJWT(claimsAt(NOW)).setProtectedHeader({ alg, kid: KID }).sign(privateKey);
    expect(await verifierOf(alg, publicKey)(token)).toBe(USER);
    const strangers =
      alg === 'RS256'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : alg === 'ES256'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('ed25519');
    const forged = await new SignJWT(claimsAt(NOW))
      .setProtectedHeader({ alg, kid: KID })
      .sign(strangers.privateKey);
    expect(await codeOf(verifierOf(alg, publicKey)(forged))).toBe('user_token_invalid');
  });

  test.each([
    ['as PEM', rsa.publicKey.export({ type: 'spki', format: 'pem' })],
    [
      'as PEM without its last line end',
      String(rsa.publicKey.export({ type: 'spki', format: 'pem' })).trimEnd(),
    ],
    ['as PKCS #1', rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })],
    ['as DER', rsa.publicKey.export({ type: 'spki', format: 'der' })],
    ['as JWK', JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))],
  ])('is not fooled by its public key taken for a secret, %s', async (_form, key) => {
    const verifyRsa = verifierOf(
      'RS256',
      createPublicKey(rsa.publicKey.export({ type: 'spki', format: 'pem' })),
    );
    for (const alg of ['HS256', 'RS256']) {
      expect(await codeOf(verifyRsa(hs256(claimsAt(NOW), { alg }, key)))).toBe('user_token_invalid');
    }
  });

  test('is not fooled by a signature of another of its algorithms', async () => {
    const pss = await new SignJWT(claimsAt(NOW))
      .setProtectedHeader({ alg: 'PS256', kid: KID })
      .sign(rsa.privateKey);
    expect(await codeOf(verifierOf('RS256', rsa.publicKey)(pss))).toBe('user_token_invalid');
  });

  test('is not fooled by a signature of nothing', async () => {
    const [head, claims] = [encode({ alg: 'ES256', kid: KID }), encode(claimsAt(NOW))];
    const zeros = Buffer.alloc(64).toString('base64url');
    expect(await codeOf(verifierOf('ES256', ec.publicKey)(`${head}.${claims}.${zeros}`))).toBe(
      'user_token_invalid',
    );
  });
});
