import { expect, test } from 'vitest';
import { holdListeners } from './sdk-listeners.js';

function aWindow() {
  const heard: string[] = [];
  const window = new EventTarget();
  const listenTo = (type: string): void => window.addEventListener(type, () => heard.push(type));
  return { heard, window, listenTo, say: (type: string) => window.dispatchEvent(new Event(type)) };
}

test('what listens because something was made stops when that is let go, and nothing else does', () => {
  const { heard, window, listenTo, say } = aWindow();
  const add = window.addEventListener;
  listenTo('before');
  const { made, release } = holdListeners(() => {
    listenTo('online');
    return 7;
  }, window);
  listenTo('after');
  expect(made).toBe(7);
  expect(window.addEventListener).toBe(add);
  expect(Object.keys(window)).toEqual([]);
  for (const type of ['before', 'online', 'after']) say(type);
  release();
  release();
  for (const type of ['before', 'online', 'after']) say(type);
  expect(heard).toEqual(['before', 'online', 'after', 'before', 'after']);
});

test('a page’s own way to listen is there again afterwards, also when nothing could be made', () => {
  const { window } = aWindow();
  const own = (): void => {};
  Object.defineProperty(window, 'addEventListener', { value: own, configurable: true });
  const failing = (): never => {
    throw new Error('no');
  };
  expect(() => holdListeners(failing, window)).toThrow('no');
  expect(window.addEventListener).toBe(own);
});

test('a window that cannot be changed, or none, keeps nothing from being made', () => {
  const { heard, window, listenTo, say } = aWindow();
  Object.freeze(window);
  const { made, release } = holdListeners(() => {
    listenTo('online');
    return 7;
  }, window);
  release();
  say('online');
  expect([made, heard]).toEqual([7, ['online']]);
  expect(holdListeners(() => 8, undefined).made).toBe(8);
});
