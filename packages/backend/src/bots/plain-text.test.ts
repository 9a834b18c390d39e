import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText } from './plain-text.js';

test.each([
  ['a\u202Egnp.exe', 'agnp.exe'],
  ['a\u0000\u001b[31mb\u0007', 'a[31mb'],
  ['a\r\nb\u2028c\n\n\n\nd', 'a\nb\nc\n\nd'],
  ['hi\u{e0048}\u{e0049}', 'hi'],
  ['zero\u200bwidth\ufeff', 'zerowidth'],
  ['\ud800x', '\ufffdx'],
  ['👨‍👩‍👧 ❤️ می‌خواهم', '👨‍👩‍👧 ❤️ می‌خواهم'],
])('%j becomes %j', (text, plain) => {
  expect(plainText(text)).toBe(plain);
});

test('nothing is left that controls or turns text, and a second look changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const plain = plainText(text);
      expect(plain).not.toMatch(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(plainText(plain)).toBe(plain);
    }),
  );
});
