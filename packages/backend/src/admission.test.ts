import { createEmulator, type Emulator } from '@conversations-web-chat/emulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AdmissionOptions, createAdmission } from './admission.js';
import type { Call, Params } from './call.js';
import { createMemoryKnownVisitors } from './known-visitors.js';
import { silentLog } from './log.js';
import type { ProvenVisitor } from './proven-visitor.js';
import { createMemoryLimits, type Limits, ratesFor } from './rate-limit.js';
import { testConfig } from './testing/config.js';
import { gate } from './testing/gate.js';
import { newVisitor } from './testing/visitor.js';
import { createTwilioClient } from './twilio-client.js';
import { createUserLookup } from './user-lookup.js';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await createEmulator();
});
afterAll(() => emulator.close());

function twilio(restUrl = emulator.restUrl) {
  return createTwilioClient({ ...emulator.credentials, twilioApiBaseUrl: restUrl });
}

function admission(changes: Partial<AdmissionOptions> & { perHour?: number } = {}) {
  const { perHour = 1000, ...rest } = changes;
  const asked: string[] = [];
  const lookUp = createUserLookup(twilio(), emulator.credentials.serviceSid);
  const admit = createAdmission({
    config: testConfig(),
    limits: createMemoryLimits({ now: () => 0, rates: ratesFor({ newIdentitiesPerHour: perHour }) }),
    known: createMemoryKnownVisitors(),
    hasUser: (identity) => {
      asked.push(identity);
      return lookUp(identity);
    },
    log: silentLog,
    ...rest,
  });
  const outcome = async (visitor: ProvenVisitor, body: Params = {}) => {
    const call: Call = {
      method: 'POST',
      headers: { origin: 'https://shop.example' },
      query: {},
      search: '',
      body: { kind: 'params', params: body },
      ip: '192.0.2.1',
    };
    try {
      await admit(visitor, call, body);
      return 'admitted';
    } catch (error) {
      return (error as { code?: string }).code ?? error;
    }
  };
  return { outcome, admit, asked };
}

async function anonymous(birth?: number): Promise<ProvenVisitor> {
  const { identity, proof } = await newVisitor(birth);
  return { identity, kind: 'anonymous', nameSeed: Buffer.from(proof) };
}

/** Somebody who was here before this service was started. */
async function returning(): Promise<ProvenVisitor> {
  const visitor = await anonymous();
  const { serviceSid } = emulator.credentials;
  await twilio().conversations.v1.services(serviceSid).users.create({ identity: visitor.identity });
  return visitor;
}

const user: ProvenVisitor = { identity: `u_${'a'.repeat(43)}`, kind: 'user', nameSeed: Buffer.alloc(0) };
const legacy: ProvenVisitor = {
  identity: '0a1b2c3d-0730-4b4c-80b1-652c298efc65',
  kind: 'legacy',
  nameSeed: Buffer.alloc(0),
};

describe('the ban list', () => {
  test('keeps out who is on it, of whichever kind, and nobody else', async () => {
    const banned = await anonymous();
    const config = testConfig({ bannedIdentities: [banned.identity, user.identity, legacy.identity] });
    const { outcome } = admission({ config });
    for (const visitor of [banned, user, legacy]) expect(await outcome(visitor)).toBe('banned');
    expect(await outcome(await anonymous())).toBe('admitted');
  });

  test('may be one of the operator’s own, which is not told the visitor’s secret', async () => {
    const banned = await anonymous();
    const seen: object[] = [];
    const { outcome } = admission({
      isBanned: async (visitor) => {
        seen.push(visitor);
        return visitor.identity === banned.identity;
      },
    });
    expect(await outcome(banned)).toBe('banned');
    expect(await outcome(user)).toBe('admitted');
    expect(seen).toEqual([
      { identity: banned.identity, kind: 'anonymous' },
      { identity: user.identity, kind: 'user' },
    ]);
  });

  test('lets nobody in when it fails', async () => {
    const { outcome } = admission({ isBanned: () => Promise.reject(new Error('no database')) });
    expect(await outcome(user)).toEqual(new Error('no database'));
  });

  test('reaches visitors who are known already', async () => {
    const visitor = await anonymous();
    let banned = false;
    const { outcome } = admission({ isBanned: () => banned });
    expect(await outcome(visitor)).toBe('admitted');
    banned = true;
    expect(await outcome(visitor)).toBe('banned');
  });
});

describe('the budget for new visitors', () => {
  test('lets so many in, and says when the next one may come', async () => {
    const { outcome, admit } = admission({ perHour: 2 });
    expect(await outcome(await anonymous())).toBe('admitted');
    expect(await outcome(await anonymous())).toBe('admitted');
    await expect(admit(await anonymous(), {} as Call, {})).rejects.toMatchObject({
      code: 'budget_exhausted',
      status: 429,
      retryAfter: 1800,
    });
  });

  test('is spent once by each visitor', async () => {
    const { outcome } = admission({ perHour: 2 });
    const visitor = await anonymous();
    for (let view = 0; view < 5; view += 1) expect(await outcome(visitor)).toBe('admitted');
    expect(await outcome(await anonymous())).toBe('admitted');
  });

  test('is spent by who dates an identity back, too', async () => {
    const { outcome } = admission({ perHour: 1 });
    expect(await outcome(await anonymous(1_500_000_000))).toBe('admitted');
    expect(await outcome(await anonymous(1_500_000_000))).toBe('budget_exhausted');
  });

  test('is spent by clients of the original, who choose any identity they like', async () => {
    const { outcome } = admission({ perHour: 1 });
    expect(await outcome(legacy)).toBe('admitted');
    expect(await outcome({ ...legacy, identity: legacy.identity.replace('0a', '0b') })).toBe(
      'budget_exhausted',
    );
  });

  test('does not stop who was here before, whom Conversations knows when this service does not', async () => {
    const visitor = await returning();
    const { outcome, asked } = admission({ perHour: 1 });
    expect(await outcome(await anonymous())).toBe('admitted');
    expect(asked).toEqual([]);
    expect(await outcome(visitor)).toBe('admitted');
    expect(asked).toEqual([visitor.identity]);
    expect(await outcome(visitor)).toBe('admitted');
    expect(asked).toHaveLength(1);
  });

  test('is not for people whom the host site signed in', async () => {
    const { outcome } = admission({ perHour: 1 });
    expect(await outcome(await anonymous())).toBe('admitted');
    expect(await outcome(user)).toBe('admitted');
  });

  test('lets nobody in whom Twilio was to tell apart and did not; who is known comes in', async () => {
    const known = await anonymous();
    const lines: string[] = [];
    const write = (fields: object, message: string) => void lines.push(JSON.stringify({ fields, message }));
    // Nothing listens on port 1: Twilio is away.
    const away = createUserLookup(twilio('http://127.0.0.1:1'), emulator.credentials.serviceSid);
    const { outcome } = admission({ perHour: 1, hasUser: away, log: { ...silentLog, error: write } });
    expect(await outcome(known)).toBe('admitted');
    const unknown = await anonymous();
    expect(await outcome(unknown)).toBe('twilio_unavailable');
    expect(await outcome(known)).toBe('admitted');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('ECONNREFUSED');
  });

  test('logs no identity of who was looked up in vain, though the helper names the address', async () => {
    const lines: string[] = [];
    const write = (fields: object, message: string) => void lines.push(JSON.stringify({ fields, message }));
    const { outcome } = admission({
      limits: { take: async () => 60 },
      hasUser: (identity) =>
        Promise.reject(Object.assign(new Error(`GET /Users/${identity} failed`), { status: 503 })),
      log: { ...silentLog, error: write },
    });
    const visitor = await anonymous();
    expect(await outcome(visitor)).toBe('twilio_unavailable');
    expect(lines).toEqual([expect.stringContaining('503')]);
    expect(lines[0]).not.toContain(visitor.identity);
  });

  test('does not turn a flood of new identities into one of calls to Twilio', async () => {
    const { open, opened } = gate();
    let underWay = 0;
    const { outcome } = admission({
      limits: { take: async () => 60 },
      hasUser: async () => {
        underWay += 1;
        await opened;
        return false;
      },
    });
    const flood = await Promise.all(Array.from({ length: 50 }, () => anonymous()));
    const outcomes = flood.map((visitor) => outcome(visitor));
    expect(await Promise.race(outcomes)).toBe('budget_exhausted');
    expect(underWay).toBe(20);
    open();
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['budget_exhausted']));
    expect(await outcome(await anonymous())).toBe('budget_exhausted');
    expect(underWay).toBe(21);
  });
});

describe('the human check', () => {
  const noBudget: Limits = { take: async (bucket) => (bucket === 'newIdentities' ? 60 : 0) };
  const good = { human_token: 'good' };
  const check = () => {
    const answers: unknown[] = [];
    return {
      answers,
      verifyHuman: async (answer: string, caller: object) => {
        answers.push([answer, caller]);
        return answer === 'good';
      },
    };
  };

  test('is asked of a new visitor, once', async () => {
    const { verifyHuman, answers } = check();
    const { outcome } = admission({ verifyHuman });
    const visitor = await anonymous();
    expect(await outcome(visitor)).toBe('human_check_required');
    expect(await outcome(visitor, { human_token: '' })).toBe('human_check_required');
    expect(answers).toEqual([]);
    expect(await outcome(visitor, good)).toBe('admitted');
    expect(answers).toEqual([['good', { ip: '192.0.2.1', origin: 'https://shop.example' }]]);
    expect(await outcome(visitor)).toBe('admitted');
    expect(answers).toHaveLength(1);
  });

  test('keeps out whose answer is wrong, comes twice or is far too long', async () => {
    const { verifyHuman, answers } = check();
    const { outcome } = admission({ verifyHuman });
    expect(await outcome(await anonymous(), { human_token: 'bad' })).toBe('human_check_required');
    expect(await outcome(await anonymous(), { human_token: ['good', 'good'] })).toBe('bad_request');
    expect(answers).toHaveLength(1);
    expect(await outcome(await anonymous(), { human_token: 'x'.repeat(4097) })).toBe('human_check_required');
    expect(answers).toHaveLength(1);
  });

  test('is not asked of who was here before, nor of people whom the host site signed in', async () => {
    const { verifyHuman } = check();
    const { outcome } = admission({ verifyHuman, limits: noBudget });
    expect(await outcome(await returning())).toBe('admitted');
    expect(await outcome(user)).toBe('admitted');
  });

  test('comes before the budget, so that programs do not use it up', async () => {
    const { verifyHuman } = check();
    const { outcome } = admission({ verifyHuman, perHour: 1 });
    for (let each = 0; each < 5; each += 1) {
      expect(await outcome(await anonymous(), { human_token: 'bad' })).toBe('human_check_required');
    }
    expect(await outcome(await anonymous(), good)).toBe('admitted');
    expect(await outcome(await anonymous(), good)).toBe('budget_exhausted');
  });

  test('is passed once, also by who then finds the budget used up', async () => {
    const { verifyHuman, answers } = check();
    let wait = 60;
    const limits: Limits = { take: async () => wait };
    const { outcome } = admission({ verifyHuman, limits });
    const visitor = await anonymous();
    expect(await outcome(visitor, good)).toBe('budget_exhausted');
    // An answer is good once, so that the page may send none or the old one.
    expect(await outcome(visitor)).toBe('budget_exhausted');
    wait = 0;
    expect(await outcome(await anonymous())).toBe('human_check_required');
    expect(await outcome(visitor, { human_token: 'used' })).toBe('admitted');
    expect(answers).toHaveLength(1);
  });

  test('is what a flood of identities leads to, and not a wait for those who would pass it', async () => {
    const { open, opened } = gate();
    let underWay = 0;
    const hasUser = async () => {
      underWay += 1;
      await opened;
      return false;
    };
    const { outcome } = admission({ verifyHuman: check().verifyHuman, hasUser });
    const flood = await Promise.all(Array.from({ length: 20 }, () => anonymous()));
    const outcomes = flood.map((visitor) => outcome(visitor));
    await expect.poll(() => underWay).toBe(20);
    const visitor = await anonymous();
    expect(await outcome(visitor)).toBe('human_check_required');
    expect(await outcome(visitor, good)).toBe('admitted');
    open();
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['human_check_required']));
    expect(underWay).toBe(20);
  });

  test('is not passed by who failed it', async () => {
    const { verifyHuman } = check();
    const { outcome } = admission({ verifyHuman });
    const visitor = await anonymous();
    expect(await outcome(visitor, { human_token: 'bad' })).toBe('human_check_required');
    expect(await outcome(visitor)).toBe('human_check_required');
  });

  test('that nobody can be asked for keeps new visitors waiting, and no others', async () => {
    const failing = [
      () => Promise.reject(new Error('away')),
      () => {
        throw new Error('away at once');
      },
    ];
    for (const verifyHuman of failing) {
      const { outcome, admit } = admission({ verifyHuman });
      expect(await outcome(await returning())).toBe('admitted');
      const call = { headers: {} } as Call;
      await expect(admit(await anonymous(), call, good)).rejects.toMatchObject({
        code: 'human_check_unavailable',
        status: 503,
        retryAfter: 10,
      });
    }
  });
});
