import { describe, expect, it } from 'vitest';
import { type Address, judgeTarget } from './target.js';

const reasonFor = async (url: string, allowedHosts: string[] = [], addresses: Address[] = []) => {
  const verdict = await judgeTarget(url, allowedHosts, async () => addresses);
  return verdict.allowed ? 'allowed' : verdict.reason;
};

const loopback: Address = { address: '127.0.0.1', family: 4 };
const intranet: Address = { address: '10.0.0.7', family: 4 };

describe('a webhook target', () => {
  it('may be any address of loopback, however it is written', async () => {
    for (const url of [
      'http://127.0.0.1:3000/',
      'http://127.8.9.1/',
      'http://[::1]:3000/',
      'http://2130706433/',
    ]) {
      expect(await reasonFor(url), url).toBe('allowed');
    }
    expect(await reasonFor('http://[::ffff:127.0.0.1]/')).toBe('allowed');
  });

  it('may not be an address elsewhere', async () => {
    const elsewhere = [
      'http://169.254.169.254/latest',
      'http://10.0.0.7/',
      'http://0.0.0.0/',
      'http://[fe80::1]/',
    ];
    for (const url of elsewhere) expect(await reasonFor(url), url).toContain('is not loopback');
    expect(await reasonFor('http://[::ffff:10.0.0.7]/')).toContain('is not loopback');
  });

  it('may be a name that means loopback, and only loopback', async () => {
    expect(await reasonFor('http://bot.local/', [], [loopback, { address: '::1', family: 6 }])).toBe(
      'allowed',
    );
    expect(await reasonFor('http://bot.local/', [], [loopback, intranet])).toContain('is not loopback');
    expect(await reasonFor('http://bot.local/', [], [])).toContain('no address found');
  });

  it('may be a host that was named on purpose', async () => {
    expect(await reasonFor('http://bot.example/', ['bot.example'], [intranet])).toBe('allowed');
    expect(await reasonFor('http://bot.example:8080/', ['bot.example:8080'], [intranet])).toBe('allowed');
    expect(await reasonFor('http://bot.example.evil/', ['bot.example'], [intranet])).toContain(
      'not loopback',
    );
  });

  it('is called by http or https', async () => {
    expect(await reasonFor('file:///etc/passwd')).toBe('only http and https are called');
    expect(await reasonFor('nowhere')).toBe('not a URL');
  });
});
