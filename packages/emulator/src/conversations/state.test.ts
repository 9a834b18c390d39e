import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal, refusals } from '../errors.js';
import { checkTimer } from './state.js';

const now = Date.parse('2026-11-22T10:00:00Z');
const codeOf = (timer: 'inactive' | 'closed', duration: string): number | string | null => {
  try {
    return checkTimer('Timers', timer, duration, now);
  } catch (error) {
    if (error instanceof Refusal) return refusals[error.reason].code;
    throw error;
  }
};

describe('timers', () => {
  it.each(['PT1M', 'PT60S', 'PT1M30S', 'P1D', 'P1W', 'P1Y2M3DT4H5M6S', 'PT1.5M'])(
    'may run %s',
    (duration) => {
      expect(codeOf('inactive', duration)).toBe(duration);
    },
  );

  it.each(['', 'PT0S', 'P0D'])('are none when they are %j', (duration) => {
    expect(codeOf('inactive', duration)).toBeNull();
  });

  it.each(['PT', 'P', 'P1DT', '1M', 'pt1m', '-PT1M', 'PT-1M', 'PT1M\n', ' PT1M', 'tomorrow', '60'])(
    'are no duration when they are %j',
    (duration) => {
      expect(codeOf('inactive', duration)).toBe(50379);
      expect(codeOf('closed', duration)).toBe(50380);
    },
  );

  it('are not too short and not for ever', () => {
    expect(codeOf('inactive', 'PT59S')).toBe(50375);
    expect(codeOf('closed', 'PT9M59S')).toBe(50376);
    expect(codeOf('closed', 'PT10M')).toBe('PT10M');
    expect(codeOf('closed', 'P100Y')).toBe('P100Y');
    expect(codeOf('closed', 'P101Y')).toBe(20001);
  });

  it('are taken, none or refused by their code, whatever the text', () => {
    const parts = fc.string({ unit: fc.constantFrom(...'PTYMWDHS0123456789.,-+ e'), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(parts, fc.string()), fc.constantFrom('inactive', 'closed'), (text, timer) => {
        const outcome = codeOf(timer as 'inactive' | 'closed', text);
        expect([null, text, 20001, 50375, 50376, 50379, 50380]).toContain(outcome);
      }),
      { numRuns: 500 },
    );
  });
});
