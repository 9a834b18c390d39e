import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { en } from '../i18n/en.js';
import { describeAuthor, describeDay, describeTime } from './describe.js';
import { fill } from './strings.js';

const at = (day: number, hour = 12): number => new Date(2026, 6, day, hour).getTime();
const day = (then: number, now: number): string => describeDay(then, now, 'en-GB', en);

describe('days', () => {
  it('are called today and yesterday by the visitor’s calendar, not by hours passed', () => {
    expect(day(at(10, 0), at(10, 23))).toBe('Today');
    expect(day(at(9, 23), at(10, 1))).toBe('Yesterday');
    expect(day(at(9, 1), at(10, 23))).toBe('Yesterday');
  });

  it('have their weekday within a week, then the date, and the year when it is another', () => {
    expect(day(at(8), at(10))).toBe('Wednesday');
    expect(day(at(3), at(10))).toBe('3 July');
    expect(day(new Date(2025, 11, 31).getTime(), at(10))).toBe('31 December 2025');
  });

  it('stay days across a change of the clocks', () => {
    for (let month = 0; month < 12; month++) {
      for (let date = 1; date <= 31; date++) {
        const noon = new Date(2026, month, date, 12);
        const before = new Date(2026, month, date - 1, 12);
        expect(day(before.getTime(), noon.getTime())).toBe('Yesterday');
      }
    }
  });
});

describe('times', () => {
  it('are empty rather than wrong for a time that is none', () => {
    expect(describeTime(Number.NaN, 'en-GB')).toBe('');
    expect(describeTime(at(10, 9), 'en-GB')).toBe('9:00');
  });
});

describe('authors', () => {
  it.each([
    ['shop-bot', 'Shop Bot'],
    ['maria.lopez@shop.example', 'Maria Lopez'],
    ['maria_40shop_2Eexample', 'Maria'],
    ['Ada', 'Ada'],
    ['李雷', '李雷'],
    ['system', 'Support'],
    ['3f2504e0-4f89-81d3-9a0c-0305e82c3301', 'Support'],
    ['US0123456789abcdef0123456789abcdef', 'Support'],
    ['', 'Support'],
    ['\u202e\u200b', 'Support'],
    ['ad\u202emin', 'Admin'],
  ])('%j reads %s', (identity, name) => {
    expect(describeAuthor(identity, en)).toBe(name);
  });

  it('always get a short name without marks that hide or reorder text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (identity) => {
        const name = describeAuthor(identity, en);
        expect(name).not.toBe('');
        expect([...name].length).toBeLessThanOrEqual(40);
        expect(name).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});

describe('filling in', () => {
  it('puts values into their places and leaves unknown places alone', () => {
    expect(fill('{name} and {other}', { name: 'Ada' })).toBe('Ada and {other}');
  });

  it('never reads a place out of a value', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, body) => {
        expect(fill('{name}: {body}', { name, body })).toBe(`${name}: ${body}`);
      }),
    );
  });
});
