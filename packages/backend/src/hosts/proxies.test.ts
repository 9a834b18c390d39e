import fc from 'fast-check';
import fastify from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { proxies } from '../env-fields.js';
import { testConfig } from '../testing/config.js';
import { newVisitor } from '../testing/visitor.js';
import { createNodeHost, type NodeHost } from './node.js';

const running: NodeHost[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()));
});

/** A host that tells by which address each call was counted. */
async function host(trustedProxies: readonly string[], limited = false) {
  const counted: string[] = [];
  const lines: string[] = [];
  const started = await createNodeHost({
    config: testConfig({ trustedProxies }),
    log: { level: 'info', stream: { write: (line) => void lines.push(line) } },
    ...(!limited && {
      limits: {
        take: (bucket: string, key: string) => {
          if (bucket === 'ip') counted.push(key);
          return Promise.resolve(0);
        },
      },
    }),
  });
  running.push(started);
  async function call(forwardedFor?: string): Promise<Response> {
    const { identity, proof } = await newVisitor();
    return await fetch(`${started.url}/chat-widget?identity=${identity}`, {
      method: 'POST',
      headers: {
        origin: 'https://shop.example',
        ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
      },
      body: new URLSearchParams({ proof }),
    });
  }
  return { call, counted, warnings: () => lines.filter((line) => line.includes('TRUSTED_PROXIES')) };
}

describe('the address that a call is counted by', () => {
  test.each([
    [['loopback'], '198.51.100.7', '198.51.100.7'],
    // Whoever calls writes the left of it; each proxy adds to its right.
    [['loopback'], '192.0.2.66, 198.51.100.7', '198.51.100.7'],
    [['loopback', '10.0.0.0/8'], '192.0.2.66, 198.51.100.7, 10.1.2.3', '198.51.100.7'],
    [['127.0.0.1'], '10.1.2.3', '10.1.2.3'],
    [['loopback'], '198.51.100.7:50123', '198.51.100.7'],
    [['loopback'], '[2001:db8:1:2::9]:50123', '2001:db8:1:2::/64'],
    [['loopback'], '2001:db8:1:2::9', '2001:db8:1:2::/64'],
    [['loopback'], 'nobody, unknown', '127.0.0.1'],
    [['loopback'], '', '127.0.0.1'],
    [['loopback'], undefined, '127.0.0.1'],
    [['10.0.0.0/8'], '198.51.100.7', '127.0.0.1'],
    [[], '198.51.100.7', '127.0.0.1'],
  ])('with the proxies %j and X-Forwarded-For %j is %s', async (trusted, forwardedFor, address) => {
    const { call, counted } = await host(trusted);
    expect((await call(forwardedFor)).status).toBe(200);
    expect(counted).toEqual([address]);
  });
});

describe('a flood', () => {
  async function flood(trusted: readonly string[], addressOf: (call: number) => string) {
    const { call } = await host(trusted, true);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, each) => call(addressOf(each))));
    const refused = answers.filter((answer) => answer.status === 429);
    for (const answer of refused) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    return answers.filter((answer) => answer.status === 200).length;
  }
  const hex = (call: number): string => (call * 601 + 1).toString(16);

  test('of one network’s addresses, which change with every call, is held to one network’s share', async () => {
    const granted = await flood(['loopback'], (call) => `2001:db8:1:2:${hex(call)}::${hex(call)}`);
    expect(granted).toBeGreaterThanOrEqual(40);
    expect(granted).toBeLessThan(50);
  });

  test('of invented addresses is held to the share of where it comes from', async () => {
    const granted = await flood([], (call) => `198.51.100.${call}`);
    expect(granted).toBeGreaterThanOrEqual(40);
    expect(granted).toBeLessThan(50);
  });

  test('of invented addresses through a proxy is held to the share of the address that the proxy wrote', async () => {
    const granted = await flood(['loopback'], (call) => `198.51.100.${call}, 203.0.113.5`);
    expect(granted).toBeGreaterThanOrEqual(40);
    expect(granted).toBeLessThan(50);
  });
});

describe('X-Forwarded-For from somewhere that is not listed', () => {
  test('is told of once', async () => {
    const { call, warnings } = await host([]);
    await call();
    expect(warnings()).toEqual([]);
    await call('198.51.100.7');
    await call('198.51.100.8');
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('"peer":"127.0.0.1"');
  });

  test('is nothing to tell of where the proxy is listed', async () => {
    const { call, warnings } = await host(['loopback']);
    await call('198.51.100.7');
    expect(warnings()).toEqual([]);
  });
});

describe('TRUSTED_PROXIES', () => {
  test.each([
    'everywhere',
    '10.0.0.0/33',
    '10.0.0/8',
    '::/129',
    'fe80::1%eth0',
    '10.0.0.1/255.0.0.0',
    '10.0.0.0/8/8',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/',
  ])('refuses %s', (entry) => {
    expect(proxies.safeParse(entry).success).toBe(false);
  });

  test('accepts nothing that the server cannot start with', () => {
    const bits = fc.option(fc.integer({ min: 0, max: 140 }), { nil: undefined });
    const network = fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string()), bits)
      .map(([address, of]) => (of === undefined ? address : `${address}/${of}`));
    const entry = fc.oneof(network, fc.constantFrom('loopback', 'linklocal', 'uniquelocal', 'Loopback'));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), (entries) => {
        const read = proxies.safeParse(entries.join(','));
        if (read.success && read.data.length > 0) fastify({ trustProxy: [...read.data] });
      }),
    );
    expect(proxies.parse('loopback, 10.0.0.0/8,2001:db8::/32,192.0.2.1')).toHaveLength(4);
  });
});

test.each([
  [['loopback'], 'timeout=75'],
  [[], 'timeout=5'],
])('connections that rest are kept longer for the proxies %j than those keep them', async (trusted, kept) => {
  const { call } = await host(trusted);
  expect((await call()).headers.get('keep-alive')).toBe(kept);
});
