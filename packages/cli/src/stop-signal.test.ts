import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { listenForStop } from './stop-signal.js';

function keyboard() {
  const signals = new EventEmitter();
  const times = { now: 0, insisted: 0 };
  const stop = listenForStop(
    signals,
    () => times.now,
    () => {
      times.insisted += 1;
    },
  );
  return { signals, stop, times };
}

it('stops on the first signal and insists on the second', () => {
  const { signals, stop, times } = keyboard();
  expect(stop.aborted).toBe(false);
  signals.emit('SIGTERM');
  expect(stop.aborted).toBe(true);
  times.now = 5_000;
  signals.emit('SIGINT');
  expect(times.insisted).toBe(1);
});

it('takes the signal that npm hands on for the same keypress', () => {
  const { signals, stop, times } = keyboard();
  times.now = 5_000;
  signals.emit('SIGINT');
  times.now = 5_040;
  signals.emit('SIGINT');
  expect(stop.aborted).toBe(true);
  expect(times.insisted).toBe(0);
});
