import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { couldBeAName, decodeProof, isAnonymousIdentity, verifyIdentity } from './identity.js';
import { secretOf, visitorOf } from './testing/visitor.js';

const NOW = 1_795_342_132;
const PROOF_0 = 's1.AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const PROOF_AB = 's1.AWlVuQCrq6urq6urq6urq6urq6urq6urq6urq6urq6s';
const PROOF_FF = 's1.Af________________________________________8';

const vectors = [
  { birth: 0, fill: 0x00, appId: '', proof: PROOF_0, identity: '9b16fcf6-3a18-8222-86e8-214197ade162' },
  {
    birth: 1767225600,
    fill: 0xab,
    appId: '',
    proof: PROOF_AB,
    identity: '950b0f1c-0730-8b4c-80b1-652c298efc65',
  },
  {
    birth: 1767225600,
    fill: 0xab,
    appId: 'shop-eu',
    proof: PROOF_AB,
    identity: '3cd2ebc8-06ed-84e0-a402-6498e6d1c3af',
  },
  {
    birth: 4294967295,
    fill: 0xff,
    appId: '',
    proof: PROOF_FF,
    identity: 'ab0ae4af-516d-898b-b150-963d1f1594b3',
  },
] as const;

const secrets = fc
  .record({
    birth: fc.integer({ min: 0, max: NOW }),
    random: fc.uint8Array({ minLength: 27, maxLength: 27 }),
  })
  .map(({ birth, random }) => secretOf(birth, random));
const appIds = fc.string({ maxLength: 12, unit: 'grapheme-ascii' });

describe('the s1 vectors', () => {
  test.each(vectors)('birth $birth, fill $fill, app "$appId" is accepted once it is born', async (vector) => {
    const { birth, fill, appId, proof, identity } = vector;
    expect(await visitorOf(secretOf(birth, new Uint8Array(27).fill(fill)), appId)).toEqual({
      identity,
      proof,
    });
    expect(decodeProof(proof)?.birth).toBe(birth);
    expect(isAnonymousIdentity(identity)).toBe(true);
    expect(verifyIdentity({ identity, proof, appId, now: Math.max(NOW, birth) })).toEqual({ ok: true });
  });

  test('a last character that decodes to the same bytes is not the proof', () => {
    const proof = PROOF_AB.replace(/s$/, 't');
    expect(Buffer.from(proof.slice(3), 'base64url')).toEqual(Buffer.from(PROOF_AB.slice(3), 'base64url'));
    expect(verifyIdentity({ identity: vectors[1].identity, proof, appId: '', now: NOW })).toEqual({
      ok: false,
      code: 'proof_malformed',
    });
  });

  test('a proof for one app does not open the identity of another', () => {
    expect(verifyIdentity({ identity: vectors[2].identity, proof: PROOF_AB, appId: '', now: NOW })).toEqual({
      ok: false,
      code: 'proof_invalid',
    });
  });

  test('an identity from the far future is not yet valid', () => {
    expect(verifyIdentity({ identity: vectors[3].identity, proof: PROOF_FF, appId: '', now: NOW })).toEqual({
      ok: false,
      code: 'identity_not_yet_valid',
    });
  });
});

describe('age', () => {
  const { identity, proof, birth } = vectors[1];
  const at = (now: number, maxAgeDays?: number) =>
    verifyIdentity({ identity, proof, appId: '', now, ...(maxAgeDays === undefined ? {} : { maxAgeDays }) });

  test('a visitor whose clock is up to a day ahead is accepted', () => {
    expect(at(birth - 86_400)).toEqual({ ok: true });
    expect(at(birth - 86_401)).toEqual({ ok: false, code: 'identity_not_yet_valid' });
  });

  test('an identity expires after the configured days, and never without them', () => {
    expect(at(birth + 30 * 86_400, 30)).toEqual({ ok: true });
    expect(at(birth + 30 * 86_400 + 1, 30)).toEqual({ ok: false, code: 'identity_expired' });
    expect(at(birth + 10_000 * 86_400)).toEqual({ ok: true });
  });
});

describe('identities', () => {
  test.each([
    ['', 'nothing'],
    ['agent-anna', 'a name'],
    ['0a1b2c3d-0730-4b4c-80b1-652c298efc65', 'a version 4 UUID'],
    ['950B0F1C-0730-8B4C-80B1-652C298EFC65', 'upper case'],
    ['950b0f1c-0730-8b4c-c0b1-652c298efc65', 'another variant'],
    ['950b0f1c07308b4c80b1652c298efc65', 'no dashes'],
    [' 950b0f1c-0730-8b4c-80b1-652c298efc65', 'a space before it'],
    ['950b0f1c-0730-8b4c-80b1-652c298efc65\n', 'a line break after it'],
    ['u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60', "a logged-in visitor's identity"],
  ])('%j is refused: %s', (text) => {
    expect(isAnonymousIdentity(text)).toBe(false);
  });
});

test.each([
  ['agent-anna', true],
  ['shop-bot', true],
  ['anna@shop.example', true],
  ['u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60', true],
  ['a'.repeat(256), true],
  ['', false],
  ['a'.repeat(257), false],
  ['a b', false],
  ['a\n', false],
  ['<b>', false],
  ['0a1b2c3d-0730-4b4c-80b1-652c298efc65', false],
  ['950B0F1C-0730-8B4C-80B1-652C298EFC65', false],
])('whether %j could be the name of an agent, a bot or a user: %s', (text, could) => {
  expect(couldBeAName(text)).toBe(could);
});

describe('properties', () => {
  test('the service accepts what the browser makes', async () => {
    await fc.assert(
      fc.asyncProperty(secrets, appIds, async (secret, appId) => {
        const { identity, proof } = await visitorOf(secret, appId);
        expect(isAnonymousIdentity(identity)).toBe(true);
        expect(verifyIdentity({ identity, proof, appId, now: NOW })).toEqual({ ok: true });
      }),
    );
  });

  test('one flipped bit anywhere in the secret is refused', async () => {
    await fc.assert(
      fc.asyncProperty(secrets, fc.integer({ min: 0, max: 255 }), async (secret, bit) => {
        const { identity } = await visitorOf(secret);
        const flipped = Uint8Array.from(secret);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const other = await visitorOf(flipped);
        expect(other.identity).not.toBe(identity);
        expect(verifyIdentity({ identity, proof: other.proof, appId: '', now: NOW }).ok).toBe(false);
      }),
    );
  });

  test('one flipped bit in the name of the app is refused', async () => {
    const names = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' });
    await fc.assert(
      fc.asyncProperty(secrets, names, fc.nat(), async (secret, appId, bit) => {
        const bytes = Buffer.from(appId, 'ascii');
        bytes[bit % bytes.length]! ^= 1 << (bit % 7);
        const { identity, proof } = await visitorOf(secret, appId);
        expect(verifyIdentity({ identity, proof, appId: bytes.toString('ascii'), now: NOW })).toEqual({
          ok: false,
          code: 'proof_invalid',
        });
      }),
    );
  });

  test('one flipped bit in the identity is refused', async () => {
    await fc.assert(
      fc.asyncProperty(secrets, fc.integer({ min: 0, max: 127 }), async (secret, bit) => {
        const { identity, proof } = await visitorOf(secret);
        const bytes = Buffer.from(identity.replaceAll('-', ''), 'hex');
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const flipped = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
        expect(
          isAnonymousIdentity(flipped) &&
            verifyIdentity({ identity: flipped, proof, appId: '', now: NOW }).ok,
        ).toBe(false);
      }),
    );
  });

  test('any text is read as a proof or refused, and only its canonical spelling is one', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^s1\.[A-Za-z0-9_-]{43}$/),
      fc.stringMatching(/^s1\.A[Q-f][A-Za-z0-9_-]{41}$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const proof = decodeProof(text);
        if (proof) expect(`s1.${proof.secret.toString('base64url')}`).toBe(text);
      }),
    );
  });

  test('a secret of another version is refused', () => {
    fc.assert(
      fc.property(secrets, fc.integer({ min: 0, max: 255 }), (secret, version) => {
        const changed = Uint8Array.from(secret);
        changed[0] = version;
        const proof = decodeProof(`s1.${Buffer.from(changed).toString('base64url')}`);
        expect(proof !== null).toBe(version === 1);
      }),
    );
  });
});
