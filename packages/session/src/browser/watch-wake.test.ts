import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../testing.js';
import { createWatchWake } from './watch-wake.js';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function watched() {
  const clock = createFakeClock();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const window = Object.assign(new EventTarget(), { document });
  const heard: number[] = [];
  const stop = createWatchWake(window as unknown as Window, clock)(({ ms }) => heard.push(ms));
  stops.push(stop);
  return {
    clock,
    heard,
    stop,
    show(visible: boolean) {
      document.visibilityState = visible ? 'visible' : 'hidden';
      document.dispatchEvent(new Event('visibilitychange'));
    },
    pageshow: (persisted: boolean) =>
      void window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted })),
  };
}

describe('a page', () => {
  test('that is looked at, or was hidden for a moment, does not wake', async () => {
    const { clock, heard, show, pageshow } = watched();
    await clock.advance(3_600_000);
    show(false);
    await clock.advance(29_000);
    show(true);
    pageshow(false);
    await clock.advance(60_000);
    expect(heard).toEqual([]);
  });

  test('that was hidden for more than half a minute wakes once when it is shown', async () => {
    const { clock, heard, show } = watched();
    await clock.advance(10_000);
    show(false);
    await clock.advance(300_000);
    expect(heard).toEqual([]);
    show(true);
    expect(heard).toEqual([300_000]);
    await clock.advance(60_000);
    expect(heard).toHaveLength(1);
  });

  test('whose timers are throttled while it is hidden is not taken for one whose machine slept', async () => {
    const { clock, heard, show } = watched();
    show(false);
    for (let minute = 0; minute < 10; minute += 1) {
      clock.sleep(60_000);
      await clock.advance(15_000);
    }
    expect(heard).toEqual([]);
  });

  test('that comes out of the back/forward cache wakes once, however short its rest', async () => {
    const { clock, heard, show, pageshow } = watched();
    show(false);
    clock.sleep(1_000);
    pageshow(true);
    show(true);
    await clock.advance(60_000);
    expect(heard).toEqual([1_000]);
  });

  test('that tells first that it is visible and then where it comes from wakes once, too', async () => {
    const { clock, heard, show, pageshow } = watched();
    show(false);
    clock.sleep(60_000);
    show(true);
    pageshow(true);
    expect(heard).toEqual([60_000]);
  });

  test.each([true, false])('whose machine slept wakes once (visible: %s)', async (visible) => {
    const { clock, heard, show } = watched();
    show(visible);
    clock.sleep(8 * 3_600_000);
    await clock.advance(15_000);
    expect(heard).toEqual([8 * 3_600_000 + 15_000]);
    await clock.advance(60_000);
    expect(heard).toHaveLength(1);
  });

  test('whose clock is put back is not disturbed, and one whose clock is put forward asks once', async () => {
    const { clock, heard } = watched();
    clock.set(0);
    await clock.advance(60_000);
    expect(heard).toEqual([]);
    clock.set(Date.UTC(2040, 0, 1));
    await clock.advance(60_000);
    expect(heard).toHaveLength(1);
  });

  test('that is watched no more leaves no timer and tells nothing', async () => {
    const { clock, heard, stop, show, pageshow } = watched();
    stop();
    clock.sleep(3_600_000);
    await clock.advance(60_000);
    pageshow(true);
    show(true);
    expect(heard).toEqual([]);
    expect(clock.waiting()).toBe(0);
  });
});
