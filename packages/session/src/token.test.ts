import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffCeiling, backoffDelay } from './backoff.js';
import { type TokenGrant, TokenServiceError } from './ports.js';
import type { ReasonCode } from './snapshot.js';
import { createFakeClock, createFakeCrypto, makeFakeToken } from './testing.js';
import { checkToken, createTokenKeeper, NoTokenError, readFailure } from './token.js';

const ME = 'me';
const grantOf = (token: string, fields: Partial<TokenGrant> = {}): TokenGrant => ({
  token,
  identity: ME,
  expiresIn: 100,
  realtimeUrl: null,
  conversationSid: null,
  ...fields,
});

describe('a failed request', () => {
  test.each([
    [{}, { action: 'retry', reason: 'token_service_unreachable', waitMs: null }],
    [{ status: 500 }, { action: 'retry', reason: 'token_service_error', waitMs: null }],
    [
      { status: 503, code: 'jwks_unavailable', retryAfter: 3 },
      { action: 'retry', reason: 'user_token_unavailable', waitMs: 3_000 },
    ],
    [{ code: 'user_token_unavailable' }, { action: 'retry', reason: 'user_token_unavailable', waitMs: null }],
    [
      { status: 401, code: 'user_token_expired' },
      { action: 'give_up', reason: 'user_token_rejected' },
    ],
    [
      { status: 401, code: 'user_token_invalid' },
      { action: 'give_up', reason: 'user_token_rejected' },
    ],
    [
      { status: 403, code: 'audience_mismatch' },
      { action: 'give_up', reason: 'user_token_rejected' },
    ],
    [{ status: 200 }, { action: 'retry', reason: 'token_service_error', waitMs: null }],
    [{ status: 403 }, { action: 'retry', reason: 'token_service_error', waitMs: null }],
    [
      { status: 429, code: 'rate_limited', retryAfter: 7 },
      { action: 'retry', reason: 'rate_limited', waitMs: 7_000 },
    ],
    [
      { status: 429, retryAfter: 86_400 },
      { action: 'retry', reason: 'rate_limited', waitMs: 300_000 },
    ],
    [{ status: 429 }, { action: 'retry', reason: 'rate_limited', waitMs: null }],
    [
      { status: 400, code: 'bad_request' },
      { action: 'give_up', reason: 'token_service_error' },
    ],
    [
      { status: 400, code: 'identity_malformed' },
      { action: 'give_up', reason: 'identity_rejected' },
    ],
    [
      { status: 401, code: 'proof_required' },
      { action: 'give_up', reason: 'identity_rejected' },
    ],
    [
      { status: 403, code: 'proof_invalid' },
      { action: 'new_identity', because: 'proof_invalid', birthSeconds: null },
    ],
    [
      { status: 403, code: 'identity_expired' },
      { action: 'new_identity', because: 'identity_expired', birthSeconds: null },
    ],
    [
      { status: 403, code: 'identity_not_yet_valid', serverTime: 1_767_225_600 },
      { action: 'new_identity', because: 'identity_not_yet_valid', birthSeconds: 1_767_225_600 },
    ],
    [
      { status: 403, code: 'origin_not_allowed' },
      { action: 'give_up', reason: 'origin_not_allowed' },
    ],
    [
      { status: 403, code: 'banned' },
      { action: 'give_up', reason: 'banned' },
    ],
    [
      { status: 403, code: 'human_check_required' },
      { action: 'give_up', reason: 'human_check_required' },
    ],
    [
      { status: 403, code: 'identity_reserved' },
      { action: 'give_up', reason: 'identity_rejected' },
    ],
    [
      { status: 429, code: 'budget_exhausted', retryAfter: 60 },
      { action: 'retry', reason: 'rate_limited', waitMs: 60_000 },
    ],
    [
      { status: 503, code: 'human_check_unavailable', retryAfter: 5 },
      { action: 'retry', reason: 'token_service_error', waitMs: 5_000 },
    ],
    [
      { status: 502, code: 'twilio_unavailable', retryAfter: 2 },
      { action: 'retry', reason: 'token_service_error', waitMs: 2_000 },
    ],
    [
      { status: 405, code: 'method_not_allowed' },
      { action: 'give_up', reason: 'token_service_error' },
    ],
  ])('that was %j means %j', (answer, meaning) => {
    expect(readFailure(new TokenServiceError('no', answer))).toEqual(meaning);
  });

  test('of an unknown kind is tried again', () => {
    expect(readFailure(new Error('what?'))).toMatchObject({ action: 'retry', reason: 'unexpected' });
  });
});

describe('a token', () => {
  test('is taken when it is made out to this visitor, and its life is told', () => {
    expect(checkToken(grantOf(makeFakeToken(ME)), ME)).toEqual({ lifeSeconds: 100 });
    const claims = { iat: 1_000, exp: 1_600 };
    expect(checkToken(grantOf(makeFakeToken(ME, claims), { expiresIn: null }), ME)).toEqual({
      lifeSeconds: 600,
    });
    expect(checkToken(grantOf(makeFakeToken(ME), { expiresIn: null }), ME)).toEqual({ lifeSeconds: null });
  });

  test.each([
    ['another’s in its claims', grantOf(makeFakeToken('you'))],
    ['another’s in the answer', grantOf(makeFakeToken(ME), { identity: 'you' })],
    ['longer than 16 KB', grantOf(makeFakeToken(ME, { pad: 'x'.repeat(17 * 1024) }))],
    ['not of three parts', grantOf(makeFakeToken(ME).split('.').slice(0, 2).join('.'))],
    ['not JSON inside', grantOf('a.YQ.c')],
    ['without grants', grantOf('a.e30.c')],
  ])('is refused when it is %s', (_, grant) => {
    expect(() => checkToken(grant, ME)).toThrow(TokenServiceError);
  });

  test('of any text is taken or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w-]*\.[\w-]*\.[\w-]*$/)), (text) => {
        expect(() => checkToken(grantOf(text), ME)).toThrow(TokenServiceError);
      }),
    );
  });
});

test('waits grow from one second to one minute, and are spread over their whole length', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 1_000].map(backoffCeiling)).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer(), (attempt, seed) => {
      const delay = backoffDelay(attempt, createFakeCrypto(seed));
      expect(delay).toBeGreaterThanOrEqual(100);
      expect(delay).toBeLessThanOrEqual(backoffCeiling(attempt));
    }),
  );
});

describe('the token keeper', () => {
  function keeperWith(answers: (Error | TokenGrant)[] = []) {
    const clock = createFakeClock();
    const asked: string[] = [];
    const log: {
      trouble: [ReasonCode, number][];
      gaveUp: ReasonCode[];
      births: (number | null)[];
      due: number;
    } = {
      trouble: [],
      gaveUp: [],
      births: [],
      due: 0,
    };
    const keeper = createTokenKeeper({
      async fetchToken({ identity }) {
        asked.push(identity);
        const answer = answers.shift() ?? grantOf(makeFakeToken(ME, { jti: asked.length }));
        if (answer instanceof Error) throw answer;
        return answer;
      },
      clock,
      crypto: createFakeCrypto(),
      claim: () => ({ identity: ME, proof: 's1.x' }),
      newIdentity: async (_, birth) => void log.births.push(birth),
      onTrouble: (reason, retryAt) => log.trouble.push([reason, retryAt]),
      onGiveUp: (reason) => log.gaveUp.push(reason),
      onDue: () => {
        log.due += 1;
      },
    });
    return { clock, keeper, asked, log };
  }

  test('asks once for five callers at the same time', async () => {
    const { keeper, asked } = keeperWith();
    const grants = await Promise.all([
      keeper.current(),
      keeper.renew(),
      keeper.current(),
      keeper.renew(),
      keeper.renew(),
    ]);
    expect(asked).toHaveLength(1);
    expect(new Set(grants).size).toBe(1);
    expect(await keeper.current()).toBe(grants[0]);
    expect(await keeper.renew()).not.toBe(grants[0]);
  });

  test('gives out the old token to its end while a renewal fails, unless it was refused', async () => {
    const down = () => new TokenServiceError('down');
    const { clock, keeper, asked } = keeperWith([grantOf(makeFakeToken(ME)), down(), down()]);
    const first = await keeper.current();
    void keeper.renew();
    await clock.settle();
    expect(asked).toHaveLength(2);
    expect(await keeper.current()).toBe(first);
    keeper.refused();
    const second = keeper.current();
    await clock.advance(5_000);
    expect(await second).not.toBe(first);
  });

  test('says at four fifths of its life that a token is due', async () => {
    const { clock, keeper, log } = keeperWith();
    await keeper.current();
    await clock.advance(79_000);
    expect(log.due).toBe(0);
    await clock.advance(2_000);
    expect(log.due).toBe(1);
  });

  test('goes on through failures for ever, and tells when it tries again', async () => {
    const down = Array.from({ length: 30 }, () => new TokenServiceError('down'));
    const { clock, keeper, asked, log } = keeperWith(down);
    const grant = keeper.current();
    await clock.advance(60_000 * 31);
    expect(asked).toHaveLength(31);
    expect((await grant).identity).toBe(ME);
    expect(log.trouble).toHaveLength(30);
    for (const [reason, retryAt] of log.trouble) {
      expect(reason).toBe('token_service_unreachable');
      expect(retryAt).toBeGreaterThan(0);
    }
  });

  test('honours the wait that the service asks for', async () => {
    const limited = new TokenServiceError('slow down', { status: 429, code: 'rate_limited', retryAfter: 20 });
    const { clock, keeper, asked } = keeperWith([limited]);
    void keeper.current();
    await clock.advance(19_900);
    expect(asked).toHaveLength(1);
    await clock.advance(1_200);
    expect(asked).toHaveLength(2);
  });

  test('tries at once when it is told to', async () => {
    const { clock, keeper, asked } = keeperWith([new TokenServiceError('down')]);
    const grant = keeper.current();
    await clock.settle();
    keeper.retryNow();
    await grant;
    expect(asked).toHaveLength(2);
  });

  test('makes one new identity for a refused proof, and gives up at the second refusal', async () => {
    const refused = () => new TokenServiceError('no', { status: 403, code: 'proof_invalid' });
    const lucky = keeperWith([refused()]);
    await lucky.keeper.current();
    expect(lucky.log.births).toEqual([null]);
    const unlucky = keeperWith([refused(), refused()]);
    await expect(unlucky.keeper.current()).rejects.toThrow(NoTokenError);
    expect(unlucky.log).toMatchObject({ births: [null], gaveUp: ['identity_rejected'] });
  });

  test('takes the time of the service for a birth that was not yet valid', async () => {
    const early = new TokenServiceError('no', {
      status: 403,
      code: 'identity_not_yet_valid',
      serverTime: 42,
    });
    const { keeper, log, asked } = keeperWith([early]);
    await keeper.current();
    expect(log.births).toEqual([42]);
    expect(asked).toHaveLength(2);
  });

  test('asks nothing more after it was stopped', async () => {
    const { clock, keeper, asked } = keeperWith([new TokenServiceError('down')]);
    const grant = keeper.current();
    await clock.settle();
    keeper.stop();
    await expect(grant).rejects.toThrow(NoTokenError);
    await clock.advance(600_000);
    expect(asked).toHaveLength(1);
  });

  test('a token that comes after it was stopped leaves nothing to be renewed', async () => {
    const { clock, keeper, log } = keeperWith();
    const grant = keeper.current();
    keeper.stop();
    await expect(grant).rejects.toThrow(NoTokenError);
    await clock.advance(600_000);
    expect(log.due).toBe(0);
    expect(clock.waiting()).toBe(0);
  });

  test.each([
    [0.001, 999, 1_000],
    [1e12, 69_000_000, 70_000_000],
  ])('a life of %d s is no reason to ask all the time', async (expiresIn, before, after) => {
    const { clock, keeper, log } = keeperWith([grantOf(makeFakeToken(ME), { expiresIn })]);
    await keeper.current();
    await clock.advance(before);
    expect(log.due).toBe(0);
    await clock.advance(after - before);
    expect(log.due).toBe(1);
  });
});
