import { expect, test } from 'vitest';
import { createBrowserPorts } from './browser-ports.js';

test('a page that is hidden or left says so, until nobody listens', () => {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const target = Object.assign(new EventTarget(), { document });
  const window = target as unknown as Window & typeof globalThis;
  let heard = 0;
  const stop = createBrowserPorts({ window, storage: 'none' }).watchLeave(() => {
    heard += 1;
  });
  document.dispatchEvent(new Event('visibilitychange'));
  expect(heard).toBe(0);
  document.visibilityState = 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(heard).toBe(1);
  target.dispatchEvent(new Event('pagehide'));
  expect(heard).toBe(2);
  stop();
  document.dispatchEvent(new Event('visibilitychange'));
  target.dispatchEvent(new Event('pagehide'));
  expect(heard).toBe(2);
});
