import { describe, expect, test } from 'vitest';
import { createStorage } from './storage.js';

function area(values = new Map<string, string>(), broken: { full?: boolean } = {}): Storage {
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem(key: string, value: string) {
      if (broken.full) throw new DOMException('full', 'QuotaExceededError');
      values.set(key, value);
    },
    removeItem: (key: string) => void values.delete(key),
    key: (place: number) => [...values.keys()][place] ?? null,
    get length() {
      return values.size;
    },
  } as unknown as Storage;
}

/** A frame without storage: reading the property itself throws. */
const sandboxed = {
  get localStorage(): Storage {
    throw new DOMException('denied', 'SecurityError');
  },
  get sessionStorage(): Storage {
    throw new DOMException('denied', 'SecurityError');
  },
};

describe('storage', () => {
  test('keeps values where it was told to, and writes nothing by itself', () => {
    const local = new Map<string, string>();
    const session = new Map<string, string>();
    const window = { localStorage: area(local), sessionStorage: area(session) };
    const inLocal = createStorage(window, 'local');
    const inSession = createStorage(window, 'session');
    expect([inLocal.lasting, inSession.lasting, local.size, session.size]).toEqual([true, true, 0, 0]);
    inLocal.write('a', '1');
    inSession.write('b', '2');
    expect([[...local], [...session]]).toEqual([[['a', '1']], [['b', '2']]]);
    expect([inLocal.read('a'), inLocal.read('b'), inSession.read('b')]).toEqual(['1', null, '2']);
    local.set('cart', '3');
    expect([inLocal.keys(), inSession.keys()]).toEqual([['a', 'cart'], ['b']]);
    inLocal.remove('a');
    expect(inLocal.keys()).toEqual(['cart']);
  });

  test.each(['local', 'session'] as const)(
    'of the kind %s that is blocked remembers for the page',
    (choice) => {
      const storage = createStorage(sandboxed, choice);
      expect(storage).toMatchObject({ lasting: false, blocked: true });
      storage.write('a', '1');
      expect([storage.read('a'), storage.keys()]).toEqual(['1', ['a']]);
      storage.remove('a');
      expect([storage.read('a'), storage.keys()]).toEqual([null, []]);
    },
  );

  test('that is refused in the middle of a visit does not look emptied', () => {
    const values = new Map<string, string>();
    const broken = { refused: false };
    const local = area(values);
    const window = {
      localStorage: Object.assign(Object.create(local), {
        getItem(key: string) {
          if (broken.refused) throw new DOMException('denied', 'SecurityError');
          return values.get(key) ?? null;
        },
      }),
    };
    const storage = createStorage(window as never, 'local');
    storage.write('a', '1');
    broken.refused = true;
    expect([storage.read('a'), storage.lasting]).toEqual([null, false]);
    broken.refused = false;
    expect([storage.read('a'), storage.lasting]).toEqual(['1', true]);
  });

  test('that throws only when it is read or written does not throw here', () => {
    const thrower = new Proxy({} as Storage, {
      get: () => () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    const storage = createStorage({ localStorage: thrower, sessionStorage: thrower }, 'local');
    storage.write('a', '1');
    expect([storage.lasting, storage.read('a')]).toEqual([false, '1']);
  });

  test('that is null, as where it is switched off, remembers for the page', () => {
    const nothing = null as unknown as Storage;
    const storage = createStorage({ localStorage: nothing, sessionStorage: nothing }, 'local');
    storage.write('a', '1');
    expect([storage.lasting, storage.read('a')]).toEqual([false, '1']);
  });

  test('that is full keeps the newest value for the page', () => {
    const values = new Map([['a', 'old']]);
    const storage = createStorage(
      { localStorage: area(values, { full: true }), sessionStorage: area() },
      'local',
    );
    storage.write('a', 'new');
    expect(storage.read('a')).toBe('new');
    storage.remove('a');
    expect(storage.read('a')).toBeNull();
  });

  test('in memory is asked for and not blocked, and none forgets at once', () => {
    const memory = createStorage(sandboxed, 'memory');
    memory.write('a', '1');
    expect([memory.read('a'), memory.lasting, memory.blocked]).toEqual(['1', false, false]);
    const none = createStorage(sandboxed, 'none');
    none.write('a', '1');
    expect([none.read('a'), none.lasting, none.blocked]).toEqual([null, false, undefined]);
  });
});
