import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference, refused, rejection, same } from './checks.js';

describe('the checks of the flows', () => {
  it('find two values the same when Node does', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (one, other) => {
        expect(difference(one, structuredClone(one))).toBeUndefined();
        // JSON has one zero.
        const [left, right] = [one, other].map((each) => JSON.parse(JSON.stringify(each)));
        expect(difference(left, right) === undefined).toBe(isDeepStrictEqual(left, right));
      }),
    );
  });

  it('say where two values differ', () => {
    expect(() => same({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, 'attributes')).toThrow(
      'attributes.a[1].b: 2 instead of 3',
    );
    expect(() => same({ a: undefined }, {})).toThrow();
    expect(() => same([1, 2], [1])).toThrow('[1,2] instead of [1]');
  });

  it('do not take an answer, or another refusal, for the refusal that was expected', async () => {
    await expect(rejection(Promise.resolve(1), 'joining')).rejects.toThrow('joining was not refused');
    const error = Object.assign(new Error('no'), { status: 403, body: { code: 50107 } });
    await refused(Promise.reject(error), 403, 50107, 'joining');
    await expect(refused(Promise.reject(error), 403, 50430, 'joining')).rejects.toThrow('50107');
    await expect(refused(Promise.reject(new Error('no')), 403, 50107, 'joining')).rejects.toThrow();
  });
});
