import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRequestRules, type RequestMatch } from './requests.js';

const seen = (path: string, method = 'POST', identity: string | null = 'alice') => ({
  method,
  path,
  identity: () => identity,
});
const meets = (match: RequestMatch, ...request: Parameters<typeof seen>): boolean => {
  const rules = createRequestRules<true>();
  rules.add(match, 1, true);
  return rules.meet(seen(...request)) ?? false;
};

describe('a fault that waits for requests', () => {
  it('meets the nth that matches, so many times, and is gone then', () => {
    const rules = createRequestRules<string>();
    rules.add({ path: '/Messages', nth: 3 }, 2, 'met');
    const paths = ['/Messages', '/Users', '/Messages', '/Messages', '/Users', '/Messages', '/Messages'];
    expect(paths.map((path) => rules.meet(seen(path)))).toEqual([
      ...[undefined, undefined, undefined, 'met', undefined, 'met', undefined],
    ]);
    expect(rules.any).toBe(false);
  });

  it('counts the requests that another one meets', () => {
    const rules = createRequestRules<string>();
    rules.add({}, 1, 'first');
    rules.add({ nth: 2 }, 1, 'second');
    expect([rules.meet(seen('/')), rules.meet(seen('/')), rules.meet(seen('/'))]).toEqual([
      ...['first', 'second', undefined],
    ]);
  });

  it('is for the method, identity and path it names', () => {
    expect(meets({ method: 'post' }, '/')).toBe(true);
    expect(meets({ method: 'GET' }, '/')).toBe(false);
    expect(meets({ identity: 'bob' }, '/')).toBe(false);
    expect(meets({ identity: 'alice' }, '/', 'GET', null)).toBe(false);
    expect(meets({ path: 'Mess' }, '/v1/Messages')).toBe(true);
    for (const [pattern, path, met] of [
      ['/v1/*', '/v1/Messages', true],
      ['/v1/*', '/x/v1/Messages', false],
      ['*/Messages', '/v1/Messages', true],
      ['*/Messages', '/v1/Messages/IM1', false],
      ['/v1/*/Messages/*', '/v1/a/Messages/b', true],
      ['a*a', 'a', false],
      ['a*a', 'aa', true],
      ['*', '', true],
    ] as const) {
      expect([pattern, path, meets({ path: pattern }, path)]).toEqual([pattern, path, met]);
    }
  });

  it('reads a star as anything at all', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(letters, { minLength: 2, maxLength: 5 }), letters, (parts, path) => {
        const pattern = new RegExp(`^${parts.join('.*')}$`);
        expect(meets({ path: parts.join('*') }, path)).toBe(pattern.test(path));
      }),
    );
  });
});
