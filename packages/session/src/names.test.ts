import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNames, readNames } from './names.js';
import { createRoles } from './roles.js';
import { createMemoryStorage } from './testing.js';

const KEY = 'conversations-web-chat:default';
const staff = { agents: { prefix: 'agent:' }, names: { 'agent:anna': 'Anna of Support' } };
function namesOn(storage = createMemoryStorage()) {
  const roleOf = createRoles(staff, (identity) => identity === 'me');
  return { storage, names: createNames({ storage, key: KEY, staff, roleOf }) };
}

test('the site’s name comes before the one that somebody carries', () => {
  const { names } = namesOn();
  names.learn('agent:anna', { displayName: 'Boss' });
  expect(names.of('agent:anna')).toBe('Anna of Support');
});

test('agents and bots are called what their attributes say, and nobody else is', () => {
  const { names, storage } = namesOn();
  for (const identity of ['agent:bob', 'bot', 'eve', 'me']) names.learn(identity, { name: 'Support' });
  expect(['agent:bob', 'bot', 'eve', 'me'].map(names.of)).toEqual(['Support', 'Support', null, null]);
  expect([...storage.values].join()).not.toContain('eve');
  names.learn('agent:bob', { displayName: 'Bob', name: 'Support' });
  names.learn('bot', { displayName: 7, name: 'Robo' });
  expect([names.of('agent:bob'), names.of('bot')]).toEqual(['Bob', 'Robo']);
});

test('a name is remembered after a reload, but not once its owner is not staff any more', () => {
  const { names, storage } = namesOn();
  names.learn('agent:bob', { name: 'Bob' });
  const { names: again } = namesOn(storage);
  expect(again.of('agent:bob')).toBeNull();
  again.load();
  expect(again.of('agent:bob')).toBe('Bob');
  const strict = createNames({
    storage,
    key: KEY,
    staff: undefined,
    roleOf: createRoles(undefined, () => false),
  });
  strict.load();
  expect(strict.of('agent:bob')).toBeNull();
});

test('the fifty names that were heard last are kept, and none after forgetting', () => {
  const { names, storage } = namesOn();
  for (let count = 0; count < 60; count += 1) names.learn(`agent:${count}`, { name: `Agent ${count}` });
  names.learn('agent:10', { name: 'Ten' });
  expect(JSON.parse([...storage.values.values()].join()).names).toHaveLength(50);
  const { names: again } = namesOn(storage);
  again.load();
  expect(['agent:9', 'agent:10', 'agent:11'].map(again.of)).toEqual([null, 'Ten', 'Agent 11']);
  again.forget();
  expect([storage.values.size, again.of('agent:10')]).toEqual([0, null]);
});

test('no name can turn, break or flood the line it stands in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      const { names } = namesOn();
      names.learn('agent:bob', { name });
      const shown = names.of('agent:bob');
      if (shown === null) return;
      expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
      expect([...shown].length).toBeLessThanOrEqual(80);
      expect(shown.trim()).not.toBe('');
    }),
  );
  const { names } = namesOn();
  names.learn('agent:bob', { name: ` Bob\u202e\n  the\u0000 Builder ` });
  expect(names.of('agent:bob')).toBe('Bob the Builder');
});

test('whatever attributes and storage hold is read without a throw', () => {
  const anything = fc.oneof(fc.jsonValue(), fc.object(), fc.anything());
  fc.assert(
    fc.property(anything, (attributes) => {
      const { names } = namesOn();
      names.learn('agent:bob', attributes);
      const name = names.of('agent:bob');
      expect(name === null || typeof name === 'string').toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (version, list) => {
      for (const value of [version, list, { version, names: list }, { version: 1, names: list }]) {
        for (const [identity, name] of readNames(JSON.stringify(value))) {
          expect([typeof identity, typeof name]).toEqual(['string', 'string']);
        }
      }
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void readNames(text)));
  expect(readNames('{"version":1,"names":[["agent:a","A"],["agent:b"],[1,"B"],["","C"],7]}')).toEqual([
    ['agent:a', 'A'],
  ]);
});
