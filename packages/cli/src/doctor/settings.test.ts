import { type Config, readEnvironment } from '@conversations-web-chat/backend';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSettings } from './settings.js';

const now = Date.UTC(2026, 10, 22, 12);

function configOf(env: Record<string, string> = {}): Config {
  const reading = readEnvironment({
    ACCOUNT_SID: `AC${'1'.repeat(32)}`,
    AUTH_TOKEN: 'made-up-auth-token',
    TWILIO_API_KEY_SID: `SK${'2'.repeat(32)}`,
    TWILIO_API_KEY_SECRET: 'made-up-secret',
    CONVERSATIONS_SERVICE_SID: `IS${'3'.repeat(32)}`,
    ALLOWED_ORIGINS: 'https://shop.example',
    PUBLIC_BASE_URL: 'https://chat.shop.example',
    CHAT_MODE: 'hardened',
    TRUSTED_PROXIES: '10.0.0.0/8',
    ...env,
  });
  if (!reading.ok) throw new Error(reading.table);
  return reading.config;
}

const findings = (env: Record<string, string> = {}) => checkSettings(configOf(env), now);

describe('settings', () => {
  it('are all right as the go-live checklist has them', () => {
    expect(findings().filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  const shapes = [
    [{ CHAT_MODE: 'easy' }, 'CHAT_MODE', 'warning', /every browser may create/],
    [{ ALLOWED_ORIGINS: 'null,https://shop.example' }, 'ALLOWED_ORIGINS', 'problem', /sandboxed frames/],
    [{ ALLOWED_ORIGINS: 'http://localhost:3000' }, 'ALLOWED_ORIGINS', 'warning', /localhost:3000/],
    [{ ALLOWED_ORIGINS: 'http://shop.example' }, 'ALLOWED_ORIGINS', 'problem', /without https/],
    [{ TOKEN_TTL: '86400' }, 'TOKEN_TTL', 'warning', /leaks/],
    [{ TOKEN_TTL: '180' }, 'TOKEN_TTL', 'warning', /outage/],
    [{ LEGACY_GET: 'on' }, 'LEGACY_GET', 'warning', /no end is set/],
    [{ LEGACY_GET: 'on', LEGACY_UNTIL: '2027-03-31' }, 'LEGACY_GET', 'warning', /until 2027-03-31/],
    [{ LEGACY_UNTIL: '2026-11-21' }, 'LEGACY_UNTIL', 'warning', /2026-11-21 is over/],
    [{ LEGACY_UNTIL: '2026-11-22' }, 'LEGACY_UNTIL', 'ok', /until 2026-11-22/],
    [{ RESPONSE: 'text' }, 'RESPONSE', 'warning', /bare token/],
    [{ TRUSTED_PROXIES: '' }, 'TRUSTED_PROXIES', 'warning', /share its address/],
    [{ TRUSTED_PROXIES: 'fd00::/8, 127.0.0.1' }, 'TRUSTED_PROXIES', 'ok', /fd00::\/8, 127/],
    [{ HUMAN_CHECK: 'turnstile', HUMAN_CHECK_SECRET: 'x' }, 'new visitors', 'ok', /each passes turnstile/],
  ] as const;
  it.each(shapes)('%j: %s is a %s', (env, about, level, text) => {
    expect(findings(env).filter((finding) => finding.about === about)).toEqual([
      expect.objectContaining({ level, text: expect.stringMatching(text) }),
    ]);
  });

  it('say of logins that are only watched how to enforce them', () => {
    const logins = { USER_TOKEN_ISSUER: 'shop', USER_TOKEN_ALGORITHM: 'HS256' };
    const found = findings({
      ...logins,
      USER_TOKEN_SECRETS: `k=${'s'.repeat(32)}`,
      USER_TOKEN_ENFORCE: 'observe',
    });
    expect(found).toContainEqual(expect.objectContaining({ about: 'USER_TOKEN_ENFORCE', level: 'warning' }));
    expect(JSON.stringify(found)).not.toContain('s'.repeat(32));
  });

  it('have a fix beside every problem and warning, whatever proxies are named', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => text.trim() !== ''),
        (entry) => {
          for (const { level, fix } of checkSettings({ ...configOf(), trustedProxies: [entry] }, now)) {
            expect(level === 'ok' || (fix ?? '').endsWith('.')).toBe(true);
          }
        },
      ),
    );
  });
});
