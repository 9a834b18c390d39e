import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64url, toBase64url } from './bytes.js';
import { createFakeClock, createFakeCrypto, createFakeExclusive, createMemoryStorage } from './testing.js';
import {
  conversationName,
  createVisitorStore,
  deriveIdentity,
  makeSecret,
  parseVisitor,
  proofOf,
} from './visitor.js';

const KEY = 'conversations-web-chat:default';
const SID = `CH${'a'.repeat(32)}`;
const crypto = createFakeCrypto();

function storeOn(storage = createMemoryStorage(), options: { seed?: number; appId?: string } = {}) {
  return createVisitorStore({
    key: 'default',
    appId: options.appId ?? '',
    storage,
    crypto: createFakeCrypto(options.seed ?? 1),
    clock: createFakeClock(),
    exclusive: createFakeExclusive(),
  });
}

describe('the s1 identity', () => {
  test.each([
    [0, 0x00, '', 's1.AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '9b16fcf6-3a18-8222-86e8-214197ade162'],
    [
      1_767_225_600,
      0xab,
      '',
      's1.AWlVuQCrq6urq6urq6urq6urq6urq6urq6urq6urq6s',
      '950b0f1c-0730-8b4c-80b1-652c298efc65',
    ],
    [
      1_767_225_600,
      0xab,
      'shop-eu',
      's1.AWlVuQCrq6urq6urq6urq6urq6urq6urq6urq6urq6s',
      '3cd2ebc8-06ed-84e0-a402-6498e6d1c3af',
    ],
    [
      4_294_967_295,
      0xff,
      '',
      's1.Af________________________________________8',
      'ab0ae4af-516d-898b-b150-963d1f1594b3',
    ],
  ])('of a secret born at %i, filled with %i, for the app "%s"', (birth, fill, appId, proof, identity) => {
    const filled = { ...crypto, randomBytes: (length: number) => new Uint8Array(length).fill(fill) };
    const secret = makeSecret(birth, filled);
    expect(deriveIdentity(secret, appId, crypto)).toBe(identity);
    const visitor = {
      uuid: identity,
      secret: toBase64url(secret),
      conversationSid: null,
      endedConversationSid: null,
      leavingConversationSid: null,
      previousIdentities: [],
      originalConversationSid: null,
    };
    expect(proofOf(visitor)).toBe(proof);
  });

  test('changes with any single bit of the secret and any change of the app', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat(255),
        fc.stringMatching(/^[ -~]{0,12}$/),
        (secret, bit, appId) => {
          const flipped = secret.slice();
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const identity = deriveIdentity(secret, appId, crypto);
          expect(identity).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
          expect(deriveIdentity(flipped, appId, crypto)).not.toBe(identity);
          expect(deriveIdentity(secret, `${appId}x`, crypto)).not.toBe(identity);
        },
      ),
    );
  });
});

describe('the stored visitor', () => {
  test('is made once, written in one versioned value, and found again', async () => {
    const storage = createMemoryStorage();
    const visitor = await storeOn(storage).ensure();
    expect([...storage.values.keys()]).toEqual([KEY]);
    expect(JSON.parse(storage.values.get(KEY) ?? '')).toEqual({
      version: 1,
      uuid: visitor.uuid,
      conversation_sid: null,
      secret: visitor.secret,
      ended_conversation_sid: null,
      previousIdentities: [],
    });
    expect(await storeOn(storage, { seed: 2 }).ensure()).toEqual(visitor);
  });

  test('is one for two tabs that start at the same instant', async () => {
    const storage = createMemoryStorage();
    const exclusive = createFakeExclusive();
    const tabs = [1, 2].map((seed) =>
      createVisitorStore({
        key: 'default',
        appId: '',
        storage,
        crypto: createFakeCrypto(seed),
        clock: createFakeClock(),
        exclusive,
      }),
    );
    const [one, two] = await Promise.all(tabs.map((tab) => tab.ensure()));
    expect(one).toEqual(two);
  });

  test('is of the page alone where storage forgets', async () => {
    const storage = { lasting: false, read: () => null, write() {}, remove() {}, keys: () => [] };
    const store = createVisitorStore({
      key: 'default',
      appId: '',
      storage,
      crypto,
      clock: createFakeClock(),
      exclusive: createFakeExclusive(),
    });
    const visitor = await store.ensure();
    store.update((old) => ({ ...old, conversationSid: SID }));
    expect(store.read()).toEqual({ ...visitor, conversationSid: SID });
  });

  test('keeps what the original chat of this name stored as a previous identity, and leaves it alone', async () => {
    const uuid = 'a3bb189e-8bf9-4c8e-9a2b-1d5b5f1f0e11';
    const storage = createMemoryStorage(
      new Map([
        ['webchat-uuid', uuid],
        ['webchat-sid', SID],
      ]),
    );
    const visitor = await storeOn(storage).ensure();
    expect(visitor.previousIdentities).toEqual([uuid]);
    expect(visitor.uuid).not.toBe(uuid);
    expect(visitor.conversationSid).toBeNull();
    expect(storage.values.get('webchat-uuid')).toBe(uuid);
  });

  test.each([
    ['no JSON', '{'],
    ['another version', JSON.stringify({ version: 2, uuid: 'x', secret: 'y' })],
    ['a uuid that its secret does not prove', null],
  ])('is discarded when it holds %s', async (_, text) => {
    const storage = createMemoryStorage();
    const first = await storeOn(storage).ensure();
    const other = (await storeOn(createMemoryStorage(), { seed: 9 }).ensure()).uuid;
    storage.values.set(KEY, text ?? (storage.values.get(KEY) ?? '').replace(first.uuid, other));
    const again = await storeOn(storage, { seed: 5 }).ensure();
    expect([first.uuid, other]).not.toContain(again.uuid);
  });

  test('is read from any text without throwing, and whatever is read can be trusted in its form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => parseVisitor(text)).not.toThrow();
      }),
    );
    const fields = fc.record({
      version: fc.constant(1),
      uuid: fc.oneof(fc.uuid(), fc.jsonValue()),
      secret: fc.oneof(fc.string(), fc.jsonValue()),
      conversation_sid: fc.oneof(fc.constant(SID), fc.jsonValue()),
      previousIdentities: fc.oneof(fc.array(fc.oneof(fc.uuid(), fc.jsonValue())), fc.jsonValue()),
    });
    fc.assert(
      fc.property(fields, (value) => {
        const visitor = parseVisitor(JSON.stringify(value));
        if (!visitor) return;
        expect(visitor.conversationSid === null || /^CH[0-9a-f]{32}$/i.test(visitor.conversationSid)).toBe(
          true,
        );
        expect(visitor.previousIdentities.every((item) => /^[0-9a-f-]{36}$/i.test(item))).toBe(true);
      }),
    );
  });

  test('is replaced once when two tabs are refused with it', async () => {
    const storage = createMemoryStorage();
    const [one, two] = [storeOn(storage, { seed: 1 }), storeOn(storage, { seed: 2 })];
    const old = await one.ensure();
    await two.ensure();
    const replaced = await one.replace(old.uuid);
    expect(replaced.uuid).not.toBe(old.uuid);
    expect(replaced.previousIdentities).toEqual([old.uuid]);
    expect(await two.replace(old.uuid)).toEqual(replaced);
  });

  test('carries the birth it is told to have', async () => {
    const store = storeOn();
    const { uuid } = await store.ensure();
    const { secret } = await store.replace(uuid, 1_767_225_600);
    const bytes = fromBase64url(secret ?? '') ?? new Uint8Array();
    expect(new DataView(bytes.buffer).getUint32(1)).toBe(1_767_225_600);
  });
});

describe('the name of a conversation', () => {
  test('is the same in every tab, and another one after a conversation that is over', async () => {
    const storage = createMemoryStorage();
    const visitor = await storeOn(storage).ensure();
    const name = conversationName(visitor, crypto);
    expect(name).toMatch(/^w_[A-Za-z0-9_-]{22}$/);
    expect(conversationName({ ...visitor, conversationSid: SID }, crypto)).toBe(name);
    const names = new Set([
      name,
      conversationName({ ...visitor, endedConversationSid: SID }, crypto),
      conversationName({ ...visitor, endedConversationSid: SID.replace('a', 'b') }, crypto),
      conversationName(visitor, crypto, 1),
      conversationName(visitor, crypto, 2),
    ]);
    expect(names.size).toBe(5);
  });
});
