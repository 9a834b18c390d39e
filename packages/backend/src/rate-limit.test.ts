import { describe, expect, test } from 'vitest';
import { limitsContract } from './rate-limit.contract.js';
import { createMemoryLimits, networkOf } from './rate-limit.js';

limitsContract('in memory', (options) => createMemoryLimits(options));

describe('a bucket in memory', () => {
  test('is forgotten, longest unused first, when there are too many', async () => {
    const limits = createMemoryLimits({
      now: () => 0,
      capacity: 2,
      rates: { ip: { perMinute: 1, burst: 1 } },
    });
    await limits.take('ip', 'a');
    await limits.take('ip', 'b');
    await limits.take('ip', 'c');
    expect(await limits.take('ip', 'c')).toBe(60);
    expect(await limits.take('ip', 'a')).toBe(0);
  });

  test('is forgotten for others of its kind alone: no flood of networks fills the budget for new visitors', async () => {
    const limits = createMemoryLimits({
      now: () => 0,
      capacity: 2,
      rates: { newIdentities: { perMinute: 1, burst: 1 }, identity: { perMinute: 1, burst: 1 } },
    });
    await limits.take('newIdentities', 'all');
    await limits.take('identity', 'a visitor');
    for (const network of ['a', 'b', 'c', 'd']) await limits.take('ip', network);
    expect(await limits.take('newIdentities', 'all')).toBe(60);
    expect(await limits.take('identity', 'a visitor')).toBe(60);
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['not an address', 'not an address'],
])('%s is counted as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
