import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeHref } from './safe-href.js';

test.each([
  ['https://shop.example/orders/7?a=b#c', 'https://shop.example/orders/7?a=b#c'],
  ['HTTP://Shop.Example', 'http://shop.example/'],
  ['https://münchen.example/', 'https://xn--mnchen-3ya.example/'],
  ['mailto:help@shop.example?subject=Hi', 'mailto:help@shop.example?subject=Hi'],
  ['tel:+15005550001', 'tel:+15005550001'],
])('%s may stand in a link', (text, href) => {
  expect(safeHref(text)).toBe(href);
});

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  ' javascript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:https://shop.example/1',
  'file:///etc/passwd',
  'ftp://shop.example/',
  'filesystem:https://shop.example/temporary/x',
  'view-source:https://shop.example',
  'https://bank.example@evil.example/',
  'https://user:pass@evil.example/',
  'https:\\\\user@evil.example',
  'https://shop.example/\u202egpj.exe',
  'https://shop\u200b.example/',
  'https://shop.example/a b',
  '//evil.example',
  '/orders',
  'orders',
  'https://',
  'https://[',
  '',
  `https://shop.example/${'a'.repeat(2_048)}`,
])('%j may not', (text) => {
  expect(safeHref(text)).toBeNull();
});

// §5.7 (4), as far as it is about addresses.
test('whatever comes, what comes out has an allowed scheme, nobody’s name in front, and stays as it is', () => {
  const schemes = ['https:', 'http:', 'mailto:', 'tel:', 'javascript:', 'data:', 'blob:', 'x:'];
  const near = fc
    .tuple(
      fc.constantFrom(...schemes),
      fc.constantFrom('', '/', '//', '\\\\', '\t'),
      fc.string({ unit: 'binary' }),
    )
    .map((parts) => parts.join(''));
  const anything = fc.oneof(near, fc.webUrl({ withQueryParameters: true }), fc.string(), fc.anything());
  let passed = 0;
  fc.assert(
    fc.property(anything, (value) => {
      const href = safeHref(value);
      if (href === null) return;
      passed += 1;
      const { protocol, username, password } = new URL(href);
      expect(['http:', 'https:', 'mailto:', 'tel:']).toContain(protocol);
      expect([username, password]).toEqual(['', '']);
      expect(href).not.toMatch(/[\p{Cc}\p{Zs}\u202a-\u202e\u2066-\u2069]/u);
      expect(safeHref(href)).toBe(href);
    }),
    { numRuns: 2_000 },
  );
  expect(passed).toBeGreaterThan(100);
});
