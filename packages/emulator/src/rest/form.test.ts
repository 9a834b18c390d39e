import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { decodeForm } from './form.js';

describe('a form', () => {
  it('gives back every value of every name, as it was encoded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))),
        (pairs) => {
          const form = decodeForm(new URLSearchParams(pairs).toString());
          expect(form.entries()).toEqual(pairs);
          for (const [name] of pairs) {
            const values = pairs.filter(([other]) => other === name).map(([, value]) => value);
            expect(form.list(name)).toEqual(values);
            expect(form.text(name)).toBe(values.at(-1));
          }
        },
      ),
    );
  });

  it('answers any text with values or refusals, never with another error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (encoded) => {
        const form = decodeForm(encoded);
        for (const [name] of form.entries()) {
          for (const read of [
            () => form.integer(name),
            () => form.oneOf(name, ['a']),
            () => form.refuse(name),
          ]) {
            try {
              read();
            } catch (error) {
              expect(error).toBeInstanceOf(Refusal);
            }
          }
        }
      }),
    );
  });

  it('tells absent from empty', () => {
    const form = decodeForm('Empty=');
    expect([form.text('Empty'), form.text('Absent')]).toEqual(['', undefined]);
    expect([form.list('Empty'), form.list('Absent')]).toEqual([[''], undefined]);
    expect(() => form.requiredText('Empty')).toThrow('Empty is missing');
  });

  it('names the parameter that it refuses', () => {
    const form = decodeForm('Index=-1&Order=up&MediaSid=ME1');
    expect(() => form.integer('Index')).toThrow('Index is not a whole number');
    expect(() => form.oneOf('Order', ['asc', 'desc'])).toThrow('Order is not one of asc, desc');
    expect(() => form.refuse('ContentSid', 'MediaSid')).toThrow('MediaSid is not supported');
  });
});
