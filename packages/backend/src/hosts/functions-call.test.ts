import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCall } from './functions-call.js';

const posted = {
  headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://shop.example' },
};

describe('the event of a Function', () => {
  it('is a POST with a body when it names a type for one, else a GET', () => {
    expect(toCall({ request: posted, identity: 'a' }, 100)).toEqual({
      method: 'POST',
      headers: posted.headers,
      query: {},
      search: '',
      body: { kind: 'params', params: { identity: 'a' } },
    });
    expect(toCall({ request: { headers: {} }, identity: 'a' }, 100)).toMatchObject({
      method: 'GET',
      query: { identity: 'a' },
      body: { kind: 'params', params: {} },
    });
  });

  it('keeps every value of a repeated parameter, and of a repeated header', () => {
    const call = toCall(
      { request: { headers: { ...posted.headers, Accept: ['a', 'b'] } }, proof: ['x', 'y'] },
      100,
    );
    expect(call.body).toEqual({ kind: 'params', params: { proof: ['x', 'y'] } });
    expect(call.headers.accept).toBe('a, b');
  });

  it.each([
    ['more than the limit', { more: 'x'.repeat(97) }, 'too_large'],
    ['a long name', { ['x'.repeat(101)]: '' }, 'too_large'],
    ['many short ones', Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, ''])), 'too_large'],
    ['an object', { proof: {} }, 'malformed'],
    ['a number', { proof: 1 }, 'malformed'],
    ['null', { proof: null }, 'malformed'],
    ['a list with something else', { proof: ['x', 1] }, 'malformed'],
  ])('with %s is refused as %s', (_what, given, kind) => {
    expect(toCall({ request: posted, ...given }, 100).body.kind).toBe(kind);
    expect(toCall({ ...given }, 100).body.kind).toBe(kind);
  });

  it.each(['text/plain', 'multipart/form-data; boundary=x', 'application/jsonx', ''])(
    'with a body of the type "%s" is refused as unsupported',
    (type) => {
      const request = { headers: { 'content-type': type } };
      expect(toCall({ request, proof: 'x' }, 100).body).toEqual({ kind: 'unsupported' });
    },
  );

  it('takes a type in any case, and with a charset', () => {
    const request = { headers: { 'content-type': 'Application/JSON ; charset=utf-8' } };
    expect(toCall({ request, proof: 'x' }, 100).body.kind).toBe('params');
  });

  it('is read whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.oneof(fc.string(), fc.constantFrom('request', '__proto__', 'constructor')),
          fc.anything(),
        ),
        fc.anything(),
        (given, request) => {
          for (const event of [given, { ...given, request }, { ...given, request: { headers: given } }]) {
            const call = toCall(event, 1000);
            expect(['GET', 'POST']).toContain(call.method);
            expect(Object.values(call.headers).every((value) => typeof value === 'string')).toBe(true);
            const values =
              call.body.kind === 'params' ? [call.body.params, call.query].flatMap(Object.values) : [];
            expect(values.flat().every((value) => typeof value === 'string')).toBe(true);
          }
        },
      ),
    );
  });
});
