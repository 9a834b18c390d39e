import { describe, expect, test } from 'vitest';
import { type LimitedBy, type Limits, type Rate, ratesFor } from './rate-limit.js';

/** Makes buckets that nobody has used yet. */
export type CreateLimits = (options: {
  now: () => number;
  rates?: Partial<Record<LimitedBy, Rate>>;
}) => Limits;

/** What buckets do, whichever store they are in. */
export function limitsContract(where: string, create: CreateLimits): void {
  describe(`a bucket ${where}`, () => {
    test('gives its burst at once and then one call each time it has gained one', async () => {
      let now = 0;
      const limits = create({ now: () => now });
      for (let call = 0; call < 40; call += 1) expect(await limits.take('ip', '192.0.2.1')).toBe(0);
      expect(await limits.take('ip', '192.0.2.1')).toBe(3);
      now += 2_999;
      expect(await limits.take('ip', '192.0.2.1')).toBe(1);
      now += 1;
      expect(await limits.take('ip', '192.0.2.1')).toBe(0);
      expect(await limits.take('ip', '192.0.2.1')).toBe(3);
    });

    test('counts callers, and networks and visitors, apart', async () => {
      const limits = create({ now: () => 0, rates: { ip: { perMinute: 1, burst: 1 } } });
      expect(await limits.take('ip', 'a')).toBe(0);
      expect(await limits.take('ip', 'a')).toBe(60);
      expect(await limits.take('ip', 'b')).toBe(0);
      expect(await limits.take('identity', 'a')).toBe(0);
    });

    test('never holds more than its burst, and a clock set back takes nothing away', async () => {
      let now = 1e12;
      const limits = create({ now: () => now, rates: { ip: { perMinute: 60, burst: 2 } } });
      await limits.take('ip', 'a');
      now -= 1e9;
      expect(await limits.take('ip', 'a')).toBe(0);
      now += 1e9;
      expect([
        await limits.take('ip', 'a'),
        await limits.take('ip', 'a'),
        await limits.take('ip', 'a'),
      ]).toEqual([0, 0, 1]);
    });

    test('the budget for new visitors is what the service is set to in an hour, and comes back over the next one', async () => {
      let now = 0;
      const limits = create({ now: () => now, rates: ratesFor({ newIdentitiesPerHour: 7 }) });
      for (let each = 0; each < 7; each += 1) expect(await limits.take('newIdentities', 'all')).toBe(0);
      expect(await limits.take('newIdentities', 'all')).toBe(Math.ceil(3600 / 7));
      now += 3_600_000;
      for (let each = 0; each < 7; each += 1) expect(await limits.take('newIdentities', 'all')).toBe(0);
      expect(await limits.take('newIdentities', 'all')).toBeGreaterThan(0);
    });
  });
}
