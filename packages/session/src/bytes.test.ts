import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  concatBytes,
  fromBase64url,
  isWellFormed,
  toBase64url,
  toHex,
  utf8Bytes,
  utf8Length,
  utf8Text,
} from './bytes.js';

test('base64url is what Node makes of the same bytes, and comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = toBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64url(text)).toEqual(bytes);
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
    }),
  );
});

test('what is not base64url gives nothing', () => {
  for (const text of ['a', 'ab=c', 'a+b/', 'ab c', 'é']) expect(fromBase64url(text)).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => void fromBase64url(text)));
});

test('UTF-8 is what Node makes of the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(isWellFormed(text)).toBe(Buffer.from(text).toString() === text);
      expect(utf8Length(text)).toBe(Buffer.byteLength(text));
      if (!isWellFormed(text)) return;
      expect(Buffer.from(utf8Bytes(text))).toEqual(Buffer.from(text));
      expect(utf8Text(utf8Bytes(text))).toBe(text);
    }),
  );
  expect(isWellFormed('a\ud800b')).toBe(false);
  expect(isWellFormed('\udc00')).toBe(false);
  expect(isWellFormed('👋🏽')).toBe(true);
  expect(utf8Text(Uint8Array.of(0xff))).toBeNull();
});

test('bytes are put one after the other', () => {
  expect(concatBytes(Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3))).toEqual(Uint8Array.of(1, 2, 3));
});
