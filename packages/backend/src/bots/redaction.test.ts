import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact } from './redaction.js';

describe('redaction', () => {
  test.each([
    ['my card 4111 1111 1111 1111 please', 'my card ‹card number› please'],
    ['4111-1111-1111-1111', '‹card number›'],
    ['5555555555554444 12/27', '‹card number› 12/27'],
    ['378282246310005', '‹card number›'],
    ['４１１１１１１１１１１１１１１１', '‹card number›'],
    ['٤١١١ ١١١١ ١١١١ ١١١١', '‹card number›'],
    ['IBAN: DE89 3704 0044 0532 0130 00 danke', 'IBAN: ‹bank account› danke'],
    ['gb82west12345698765432', '‹bank account›'],
    ['write to Jo.Doe+shop@mail.example.com!', 'write to ‹e-mail›!'],
    ['<größe@büro.example>', '<‹e-mail›>'],
    ['call +49 30 1234567', 'call ‹phone number›'],
    ['(555) 123-4567', '‹phone number›'],
    ['0171/1234567', '‹phone number›'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl ok', 'token ‹key› ok'],
    ['key=sk-proj-abcdefghij1234', 'key=‹key›'],
    [`it is SK${'0a'.repeat(16)}.`, 'it is ‹key›'],
    ['AKIAIOSFODNN7EXAMPLE', '‹key›'],
    [`s1.${'aB3-'.repeat(11)}`, '‹key›'],
    ['Tr0ub4dorAndThreeLongHorses99', '‹key›'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- bye', '‹key› bye'],
    ['-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN', '‹key›'],
  ])('%j', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
  });

  test.each([
    'where is order 1042?',
    'order 12345678 of 2026-11-24 at 20:00',
    'I paid $1,299.00 for 3 bags',
    'https://shop.example/products/lighthouse-filter-coffee-500-grams',
    'a-very-long-word-with-many-hyphens-and-no-secret',
    'me @home',
  ])('%j is left as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  const digit = fc.integer({ min: 0, max: 9 });
  const card = fc
    .array(digit, { minLength: 12, maxLength: 18 })
    .filter((digits) => digits.some((each) => each !== 0))
    .map((digits) => {
      const sum = [...digits].reverse().reduce((total, each, place) => {
        const doubled = place % 2 === 0 ? each * 2 : each;
        return total + (doubled > 9 ? doubled - 9 : doubled);
      }, 0);
      return [...digits, (10 - (sum % 10)) % 10].join('');
    })
    .filter((number) => !number.startsWith('0'));

  test('no card number is left, whatever stands around it and however it is grouped', () => {
    const around = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/\p{Nd}/u.test(text));
    fc.assert(
      fc.property(
        card,
        around,
        around,
        fc.constantFrom('', ' ', '-', '.'),
        (number, before, after, between) => {
          const written = (number.match(/.{1,4}/g) ?? []).join(between);
          expect(redact(`${before} ${written} ${after}`)).not.toContain(number.slice(0, 9));
          expect(redact(`${before} ${written} ${after}`)).not.toContain(written.slice(0, 9));
        },
      ),
    );
  });

  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    card,
    fc.constantFrom(
      'eyJ',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x',
      '@',
      'a@b.co',
      'DE89370400440532013000',
      '+',
      '(',
      ' ',
      '-',
      '.',
      '-----BEGIN ',
      '-----END ',
      '-----',
      'sk-',
      'aB1',
      '0',
      '‹key›',
      'AKIA',
    ),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));

  test('twice is the same as once', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(redact(redact(given))).toBe(redact(given));
      }),
      { numRuns: 2000 },
    );
  });

  // A time that grew with the square would take minutes here, and the test would run out of its own.
  test.each([
    'a',
    '1',
    'a.',
    'eyJ',
    'eyJa.',
    'a@',
    '@',
    'a@b.',
    '1 ',
    '(',
    '-----BEGIN ',
    'AB12',
    'ab12 ',
    '-',
    "'",
    '+1',
    '\u0661',
    '\u{1d7ff}',
  ])('half a million characters of %j are done in a moment', (unit) => {
    expect(redact(unit.repeat(500_000 / unit.length))).toBeTypeOf('string');
  });
});
