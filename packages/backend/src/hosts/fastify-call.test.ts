import fc from 'fast-check';
import type { FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { parseForm, toCall } from './fastify-call.js';

const bodyOf = (body: unknown) =>
  toCall({
    method: 'POST',
    url: '/',
    headers: {},
    query: {},
    body,
    ip: '127.0.0.1',
    socket: {},
  } as FastifyRequest).body;
const many = Array.from({ length: 50_000 }, (_, each) => each.toString(36));

describe('the parameters of a body', () => {
  test('are what a form says', () => {
    const values = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(values, (pairs) => {
        const form = new URLSearchParams(pairs);
        const body = bodyOf(parseForm(form.toString()));
        if (body.kind !== 'params') throw new Error(body.kind);
        for (const name of form.keys()) expect([body.params[name]].flat()).toEqual(form.getAll(name));
        expect(Object.keys(body.params)).toHaveLength(new Set(form.keys()).size);
      }),
    );
  });

  test.each([
    ['a form of many names', () => parseForm(many.join('=&'))],
    ['a form of many values', () => parseForm(many.map((each) => `a=${each}`).join('&'))],
    [
      'JSON of many names',
      () => JSON.parse(JSON.stringify(Object.fromEntries(many.map((each) => [each, ''])))),
    ],
    ['JSON of many values', () => ({ a: many })],
  ])('are none in %s, which nobody sorts and hashes to check a signature', (_what, parsed) => {
    expect(bodyOf(parsed())).toEqual({ kind: 'malformed' });
  });

  test('are not read to their end where there are too many', () => {
    expect(Object.keys(parseForm(many.join('&'))).length).toBeLessThan(1_000);
  });
});
