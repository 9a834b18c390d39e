import { describe, expect, test } from 'vitest';
import type { Call, Params } from './call.js';
import type { UserTokenConfig } from './config.js';
import { ServiceError } from './errors.js';
import { silentLog } from './log.js';
import { createProof, createUserProof } from './prove-user.js';
import { createAnonymousProof } from './prove-visitor.js';
import type { Limits } from './rate-limit.js';
import { testConfig } from './testing/config.js';
import { claimsAt, hs256, ISSUER, KID, SECRET } from './testing/user-tokens.js';
import { newVisitor } from './testing/visitor.js';

const NOW = 1_795_342_132;
const now = () => NOW * 1000;
const USER = 'u__8E1uC8jM8-fuv5XG-8YpdG4nMtFqEzyN9C3QgH4_60';
const visitor = await newVisitor(NOW);
const user_token = hs256(claimsAt(NOW));
const forged = hs256(claimsAt(NOW), {}, 'somebody else’s secret, long enough too');
const expired = hs256(claimsAt(NOW - 1000));

function prover(changes: Partial<UserTokenConfig> | null = {}, refusing?: 'ip' | 'identity') {
  const taken: string[] = [];
  const counted: Record<string, string>[] = [];
  const logged: string[] = [];
  const limits: Limits = {
    take: async (bucket, key) => {
      taken.push(`${bucket} ${key}`);
      return bucket === refusing ? 9 : 0;
    },
  };
  const log = {
    info: () => {},
    error: () => {},
    warn: (fields: object) => void logged.push(JSON.stringify(fields)),
  };
  const userTokens: UserTokenConfig = {
    issuer: ISSUER,
    algorithm: 'HS256',
    secrets: { [KID]: SECRET },
    enforce: 'on',
    ...changes,
  };
  const config = testConfig(changes === null ? {} : { userTokens });
  const onCount = (name: string, labels: Readonly<Record<string, string>>) =>
    void counted.push({ name, ...labels });
  const prove = createProof({
    config,
    log,
    anonymous: createAnonymousProof({ config, limits, now }),
    user: createUserProof({ config, limits, log, onCount, now }),
  });
  return {
    taken,
    counted,
    logged,
    /** Who it is, or the code of the refusal. */
    async ask(params: Params, query: Params = {}): Promise<string> {
      const call: Call = {
        method: 'POST',
        headers: {},
        query,
        search: '',
        body: { kind: 'params', params },
        ip: '192.0.2.1',
      };
      return await prove(call, params).then(
        ({ kind, identity }) => `${kind} ${identity}`,
        (error: unknown) => (error instanceof ServiceError ? error.code : String(error)),
      );
    },
  };
}

describe('a visitor with a token of the host site', () => {
  test('is the user that it names, whether they say so or not', async () => {
    const { ask } = prover();
    expect(await ask({ user_token })).toBe(`user ${USER}`);
    expect(await ask({ user_token, identity: USER })).toBe(`user ${USER}`);
    expect(await ask({ user_token }, { identity: USER })).toBe(`user ${USER}`);
  });

  test.each(['agent1', 'shop-bot', visitor.identity, `${USER}x`, 'u_', ''])(
    'cannot be %j',
    async (identity) => {
      expect(await prover().ask({ user_token, identity })).toBe('proof_invalid');
    },
  );

  test('is the user even beside a proof of an anonymous identity', async () => {
    for (const enforce of ['on', 'observe'] as const) {
      const { ask, logged } = prover({ enforce });
      expect(await ask({ user_token, proof: visitor.proof }, { identity: visitor.identity })).toBe(
        `user ${USER}`,
      );
      expect(logged).toEqual([]);
    }
  });

  test('is counted by the network before the signature, and by the user after it', async () => {
    const { ask, taken } = prover();
    await ask({ user_token: forged });
    expect(taken).toEqual(['ip 192.0.2.1']);
    await ask({ user_token });
    expect(taken.slice(1)).toEqual(['ip 192.0.2.1', `identity ${USER}`]);
    expect(await prover({}, 'ip').ask({ user_token: forged })).toBe('rate_limited');
    expect(await prover({}, 'identity').ask({ user_token })).toBe('rate_limited');
    // Observing lets bad tokens through, not more calls.
    const observed = prover({ enforce: 'observe' }, 'identity');
    expect(await observed.ask({ user_token, ...visitor })).toBe('rate_limited');
  });

  test('never shows it in the URL', async () => {
    expect(await prover().ask({}, { user_token })).toBe('bad_request');
    expect(await prover({ enforce: 'observe' }).ask({ ...visitor }, { user_token })).toBe('bad_request');
  });

  test('shows one', async () => {
    expect(await prover().ask({ user_token: '' })).toBe('proof_required');
    expect(await prover().ask({ user_token: [user_token, forged] })).toBe('bad_request');
  });

  test('is nobody to a service that was told of no users', async () => {
    expect(await prover(null).ask({ user_token, ...visitor })).toBe('user_token_invalid');
    expect(await prover(null).ask({ ...visitor })).toBe(`anonymous ${visitor.identity}`);
  });
});

describe('a bad token', () => {
  test('is refused, whatever stands beside it', async () => {
    const { ask, counted } = prover();
    expect(await ask({ user_token: forged, ...visitor })).toBe('user_token_invalid');
    expect(await ask({ user_token: expired, ...visitor })).toBe('user_token_expired');
    expect(counted).toEqual([
      { name: 'user_token', outcome: 'user_token_invalid', enforce: 'on' },
      { name: 'user_token', outcome: 'user_token_expired', enforce: 'on' },
    ]);
  });

  test('is counted while observed, and its visitor served as the anonymous one that they prove', async () => {
    const { ask, counted, logged, taken } = prover({ enforce: 'observe' });
    for (const token of [forged, expired, 'junk']) {
      expect(await ask({ user_token: token, ...visitor })).toBe(`anonymous ${visitor.identity}`);
    }
    expect(counted.map(({ outcome }) => outcome)).toEqual([
      'user_token_invalid',
      'user_token_expired',
      'user_token_invalid',
    ]);
    expect(logged).toHaveLength(3);
    expect(logged.join()).not.toContain('eyJ');
    // One call costs a network one, not two.
    expect(taken.filter((each) => each.startsWith('ip'))).toHaveLength(3);
  });

  test('never makes anybody the user whom it names, observed or not', async () => {
    for (const enforce of ['on', 'observe'] as const) {
      const { ask } = prover({ enforce });
      expect(await ask({ user_token: forged })).toBe('user_token_invalid');
      expect(await ask({ user_token: forged, identity: USER })).toBe('user_token_invalid');
      expect(await ask({ user_token: forged, identity: USER, proof: visitor.proof })).toMatch(
        /^(user_token_invalid|identity_reserved)$/,
      );
    }
  });

  test('does not stand in for a proof', async () => {
    const other = await newVisitor(NOW);
    const { ask } = prover({ enforce: 'observe' });
    expect(await ask({ user_token: forged, identity: visitor.identity, proof: other.proof })).toBe(
      'proof_invalid',
    );
    expect(await ask({ user_token: forged, identity: visitor.identity, proof: '' })).toBe('proof_required');
  });
});

test.each<[string, Partial<UserTokenConfig>]>([
  ['HS256 without secrets', { algorithm: 'HS256', jwksUrl: 'https://shop.example/jwks.json' }],
  ['ES256 without an address', { algorithm: 'ES256', secrets: { k: 'x'.repeat(32) } }],
  ['ES256 by http', { algorithm: 'ES256', jwksUrl: 'http://shop.example/jwks.json' }],
  ['a short secret', { algorithm: 'HS256', secrets: { k: 'short' } }],
])('a configuration of %s starts nothing, whoever wrote it', (_what, keys) => {
  const userTokens = { issuer: ISSUER, enforce: 'on', algorithm: 'HS256', ...keys } as const;
  const limits = { take: async () => 0 };
  const start = () => createUserProof({ config: { userTokens }, limits, log: silentLog, now: Date.now });
  expect(start).toThrow(TypeError);
});
