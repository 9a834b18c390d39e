import { describe, expect, it } from 'vitest';
import { createGuard } from './guards.js';

describe('the guard', () => {
  const guard = createGuard({ port: () => 4010 });
  const reasonFor = (headers: Record<string, string>) => {
    const verdict = guard({ headers });
    return verdict.allowed ? 'allowed' : verdict.reason;
  };

  it('lets loopback names with our own port in', () => {
    for (const host of ['127.0.0.1:4010', 'localhost:4010', 'LOCALHOST:4010', '[::1]:4010']) {
      expect(reasonFor({ host }), host).toBe('allowed');
    }
  });

  it('keeps every other Host out, so that a rebound domain finds nothing', () => {
    const foreign = [
      'evil.example:4010',
      '127.0.0.1',
      '127.0.0.1:4011',
      'localhost.evil.example:4010',
      '127.0.0.1:4010.evil.example',
      '',
    ];
    for (const host of foreign) expect(reasonFor({ host }), host).toBe('host_not_allowed');
    expect(reasonFor({})).toBe('host_not_allowed');
  });

  it('lets pages on loopback in, whatever their port', () => {
    for (const origin of ['http://localhost:3000', 'https://127.0.0.1', 'http://[::1]:8080']) {
      expect(reasonFor({ host: 'localhost:4010', origin }), origin).toBe('allowed');
    }
  });

  it('keeps pages of other origins out', () => {
    const foreign = [
      'https://evil.example',
      'http://localhost.evil.example:3000',
      'null',
      '',
      'file://localhost',
      'http://localhost:3000/',
      'http://user@localhost:3000',
    ];
    for (const origin of foreign) {
      expect(reasonFor({ host: 'localhost:4010', origin }), origin).toBe('origin_not_allowed');
    }
  });

  it('takes a list of origins instead of loopback, compared exactly', () => {
    const listed = createGuard({ port: () => 4010, allowedOrigins: ['https://shop.example'] });
    const host = 'localhost:4010';
    expect(listed({ headers: { host, origin: 'https://shop.example' } }).allowed).toBe(true);
    expect(listed({ headers: { host, origin: 'https://shop.example.evil' } }).allowed).toBe(false);
    expect(listed({ headers: { host, origin: 'http://localhost:3000' } }).allowed).toBe(false);
  });

  it('leaves the port out for port 80, as clients do', () => {
    const onPort80 = createGuard({ port: () => 80 });
    expect(onPort80({ headers: { host: 'localhost' } }).allowed).toBe(true);
  });
});
