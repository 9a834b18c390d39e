import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLanes } from './lanes.js';

function closedGate() {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { gate, release };
}

describe('lanes', () => {
  it('keep the order of each lane, however long the work takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat({ max: 3 }), { maxLength: 20 }),
        async (scheduler, plan) => {
          const lanes = createLanes();
          const done = new Map<number, number[]>();
          for (const [order, lane] of plan.entries()) {
            lanes.add(String(lane), async () => {
              await scheduler.schedule(Promise.resolve());
              done.set(lane, [...(done.get(lane) ?? []), order]);
            });
          }
          await scheduler.waitFor(lanes.idle());
          for (const orders of done.values()) expect(orders).toEqual(orders.toSorted((a, b) => a - b));
          expect([...done.values()].flat()).toHaveLength(plan.length);
        },
      ),
    );
  });

  it('do not wait for each other', async () => {
    const lanes = createLanes();
    const { gate, release } = closedGate();
    lanes.add('slow', () => gate);
    await new Promise<void>((resolve) => lanes.add('quick', async () => resolve()));
    release();
    await lanes.idle();
  });

  it('go on after work that fails', async () => {
    const lanes = createLanes();
    const ran: string[] = [];
    lanes.add('a', () => Promise.reject(new Error('no')));
    lanes.add('a', async () => void ran.push('next'));
    await lanes.idle();
    expect(ran).toEqual(['next']);
  });

  it('forget what has not begun, and finish what has', async () => {
    const lanes = createLanes();
    const ran: string[] = [];
    const { gate, release } = closedGate();
    lanes.add('a', async () => {
      await gate;
      ran.push('first');
    });
    lanes.add('a', async () => void ran.push('second'));
    expect(lanes.clear()).toBe(1);
    release();
    await lanes.idle();
    expect(ran).toEqual(['first']);
  });
});
