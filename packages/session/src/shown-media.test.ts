import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shownFileName, shownMedia } from './shown-media.js';

const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const spoiled = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(fc.constantFrom('\u202e', '\u2066', '\u0000', '\n', 'a', '.', '👩‍👩‍👧', 'e\u0301'), {
      maxLength: 400,
    })
    .map((all) => all.join('')),
);

test('X4: a name that is shown has no control or direction character, and is one short line', () => {
  fc.assert(
    fc.property(spoiled, (name) => {
      const shown = shownFileName(name);
      expect(shown).not.toMatch(UNFIT);
      expect(shown).not.toBe('');
      expect([...new Intl.Segmenter().segment(shown)].length).toBeLessThanOrEqual(120);
    }),
  );
});

test('X4: a name keeps its ending, however long and spoiled it is', () => {
  const ending = fc.string({ unit: fc.constantFrom(...'abcxyz0189ABZ'), minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(spoiled, ending, (name, end) => {
      expect(shownFileName(`${name}a.${end}`).endsWith(`.${end}`)).toBe(true);
    }),
  );
});

test('X8: a name is short in letters and in characters, whatever its letters are made of', () => {
  const tower = `a${'\u0301'.repeat(300)}`;
  expect(shownFileName(`${tower.repeat(50)}.pdf`).length).toBeLessThanOrEqual(250);
  expect(shownFileName(`${'a'.repeat(300)}.pdf`)).toBe(`${'a'.repeat(115)}….pdf`);
});

test('a name that was shown once is shown so again', () => {
  fc.assert(
    fc.property(spoiled, (name) => {
      expect(shownFileName(shownFileName(name))).toBe(shownFileName(name));
    }),
  );
});

test.each([
  ['image/png', true],
  ['IMAGE/JPEG', true],
  ['image/gif', true],
  ['image/webp', true],
  ['image/svg+xml', false],
  ['image/png; charset=x', false],
  ['text/html', false],
  ['application/pdf', false],
  ['', false],
])('X8: a file of type «%s» is shown in place: %s', (type, inline) => {
  expect(shownMedia({ sid: 'ME1', name: 'a.png', type, size: 1 }).inline).toBe(inline);
});
