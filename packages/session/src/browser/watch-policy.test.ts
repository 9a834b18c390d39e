import { expect, test } from 'vitest';
import { createWatchPolicy } from './watch-policy.js';

function watched(isOwn = (_: string): boolean => true) {
  const document = new EventTarget();
  const told: string[] = [];
  const asked: string[] = [];
  const watch = createWatchPolicy({ document } as unknown as Window, (sentence) => told.push(sentence));
  const stop = watch((address) => {
    asked.push(address);
    return isOwn(address);
  });
  const violate = (blockedURI: string, disposition = 'enforce') =>
    document.dispatchEvent(Object.assign(new Event('securitypolicyviolation'), { blockedURI, disposition }));
  return { told, asked, stop, violate };
}

test('a policy that forbids the chat’s socket is told to the page’s developer once', () => {
  const { told, asked, violate } = watched();
  violate('wss://chat.example/v3');
  violate('wss://chat.example/v3');
  expect(asked).toHaveLength(2);
  expect(told).toEqual([expect.stringContaining('wss://chat.example/v3')]);
  expect(told[0]).toContain('connect-src');
});

test('also where the browser says no more of the socket than its scheme', () => {
  const { told, violate } = watched();
  violate('wss');
  expect(told).toHaveLength(1);
});

test('what is no socket, not the chat’s, only reported, or seen later is nothing', () => {
  const { told, asked, stop, violate } = watched((address) => address === 'wss://chat.example');
  for (const other of ['inline', 'eval', 'https://chat.example', 'wssx', '']) violate(other);
  violate('wss://chat.example', 'report');
  expect(asked).toEqual([]);
  violate('wss://elsewhere.example');
  stop();
  violate('wss://chat.example');
  expect(asked).toEqual(['wss://elsewhere.example']);
  expect(told).toEqual([]);
});
