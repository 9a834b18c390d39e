import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Environment, readEnvironment } from './env.js';

const GOOD: Environment = {
  ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_API_KEY_SID: `SK${'2'.repeat(32)}`,
  TWILIO_API_KEY_SECRET: 'key-secret-value',
  SERVICE_SID: `IS${'3'.repeat(32)}`,
  AUTH_TOKEN: 'auth-token-value',
  ALLOWED_ORIGINS: 'https://shop.example, http://localhost:3000',
  PUBLIC_BASE_URL: 'https://chat.shop.example/',
};

function configOf(env: Environment) {
  const reading = readEnvironment(env);
  if (!reading.ok) throw new Error(reading.table);
  return reading.config;
}

function tableOf(env: Environment): string {
  const reading = readEnvironment(env);
  return reading.ok ? '' : reading.table;
}

describe('a good environment', () => {
  test('gives a configuration with its defaults', () => {
    expect(configOf(GOOD)).toEqual({
      accountSid: GOOD.ACCOUNT_SID,
      apiKeySid: GOOD.TWILIO_API_KEY_SID,
      apiKeySecret: 'key-secret-value',
      serviceSid: GOOD.SERVICE_SID,
      authToken: 'auth-token-value',
      allowedOrigins: ['https://shop.example', 'http://localhost:3000'],
      publicBaseUrl: 'https://chat.shop.example',
      tokenTtl: 3600,
      appId: '',
      mode: 'easy',
      legacyGet: false,
      response: 'json',
      bannedIdentities: [],
      newIdentitiesPerHour: 1000,
      trustedProxies: [],
      port: 3000,
    });
  });

  test('has LEGACY_UNTIL as the last day, by UTC', () => {
    const { legacyUntil } = configOf({ ...GOOD, LEGACY_UNTIL: '2027-03-31' });
    expect(legacyUntil).toBe(Date.UTC(2027, 3, 1) / 1000);
  });

  test('may say everything', () => {
    const config = configOf({
      ...GOOD,
      PUSH_CREDENTIAL_SID: `CR${'4'.repeat(32)}`,
      TWILIO_API_BASE_URL: 'http://127.0.0.1:4010',
      REALTIME_URL: 'ws://127.0.0.1:4010/v3/wsconnect',
      TOKEN_TTL: '900',
      APP_ID: 'shop-eu',
      MAX_ID_AGE_DAYS: '30',
      PORT: '0',
    });
    expect(config).toMatchObject({
      pushCredentialSid: `CR${'4'.repeat(32)}`,
      twilioApiBaseUrl: 'http://127.0.0.1:4010',
      realtimeUrl: 'ws://127.0.0.1:4010/v3/wsconnect',
      tokenTtl: 900,
      appId: 'shop-eu',
      maxIdAgeDays: 30,
      port: 0,
    });
  });

  test('has empty variables where a host leaves them empty', () => {
    expect(configOf({ ...GOOD, PUSH_CREDENTIAL_SID: '', PORT: '', CONVERSATIONS_SERVICE_SID: '' })).toEqual(
      configOf(GOOD),
    );
  });
});

describe('the service', () => {
  test('is named by CONVERSATIONS_SERVICE_SID where a platform fills SERVICE_SID with its own', () => {
    const own = `IS${'9'.repeat(32)}`;
    const env = { ...GOOD, SERVICE_SID: `ZS${'5'.repeat(32)}`, CONVERSATIONS_SERVICE_SID: own };
    expect(configOf(env).serviceSid).toBe(own);
  });

  test('is explained when it is a Serverless one', () => {
    expect(tableOf({ ...GOOD, SERVICE_SID: `ZS${'5'.repeat(32)}` })).toMatch(
      /CONVERSATIONS_SERVICE_SID +names a Serverless service \(ZS…\).+ SERVICE_SID/,
    );
  });
});

describe('a bad environment', () => {
  test('gives a table with one line for each variable that is wrong', () => {
    const lines = tableOf({ ...GOOD, ACCOUNT_SID: 'SK1', AUTH_TOKEN: undefined, TOKEN_TTL: '60' }).split(
      '\n',
    );
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^Variable +What is wrong +What to do$/);
    expect(lines[1]).toMatch(/^ACCOUNT_SID +is not AC followed by 32 hex digits +Copy the Account SID/);
    expect(lines[2]).toMatch(/^AUTH_TOKEN +is missing +Copy/);
    expect(lines[3]).toMatch(/^TOKEN_TTL +is not between 180 and 86400 +Seconds/);
  });

  test.each([
    ['AUTH_TOKEN', ' ', 'is missing'],
    ['TWILIO_API_KEY_SECRET', '\t', 'is missing'],
    ['ACCOUNT_SID', ' ', 'is missing'],
    ['ALLOWED_ORIGINS', ' , ', 'names no site'],
    ['ALLOWED_ORIGINS', '*', 'every site'],
    ['ALLOWED_ORIGINS', 'https://shop.example/', 'not exactly'],
    ['ALLOWED_ORIGINS', 'https://*.shop.example', 'not exactly'],
    ['ALLOWED_ORIGINS', 'https://Shop.example', 'not exactly'],
    ['ALLOWED_ORIGINS', 'https://shop.example:443', 'not exactly'],
    ['ALLOWED_ORIGINS', 'shop.example', 'not exactly'],
    ['PUBLIC_BASE_URL', 'chat.shop.example', 'is not a URL'],
    ['PUBLIC_BASE_URL', 'https://chat.shop.example/?a=1', 'is not a URL'],
    ['PUBLIC_BASE_URL', 'https://shop:geheim@chat.shop.example', 'user or a password'],
    ['TWILIO_API_BASE_URL', 'http://:geheim@127.0.0.1:4010', 'user or a password'],
    ['REALTIME_URL', 'http://127.0.0.1:4010', 'ws://'],
    ['TOKEN_TTL', '1h', 'whole number'],
    ['TOKEN_TTL', '86401', 'between'],
    ['PORT', '70000', 'between'],
    ['APP_ID', 'my shop', 'ASCII'],
    ['TWILIO_API_KEY_SID', `AC${'2'.repeat(32)}`, 'not SK'],
  ])('%s=%s is refused', (variable, value, words) => {
    const table = tableOf({ ...GOOD, [variable]: value });
    expect(table).toContain(variable);
    expect(table).toContain(words);
    expect(table).not.toContain('geheim');
  });

  test('never shows a value', () => {
    const names = [
      ...Object.keys(GOOD),
      'CONVERSATIONS_SERVICE_SID',
      'PORT',
      'TOKEN_TTL',
      'REALTIME_URL',
      'APP_ID',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uuid(), (name, secret) => {
        expect(tableOf({ ...GOOD, ALLOWED_ORIGINS: undefined, [name]: `value ${secret}` })).not.toContain(
          secret,
        );
      }),
    );
  });
});

test('the secret of a human check goes over https alone, except on this machine', () => {
  const check = { ...GOOD, HUMAN_CHECK: 'turnstile', HUMAN_CHECK_SECRET: 'x' };
  expect(tableOf({ ...check, HUMAN_CHECK_URL: 'http://check.example/verify' })).toMatch(
    /^HUMAN_CHECK_URL +is not https/m,
  );
  for (const HUMAN_CHECK_URL of ['https://check.example/verify', 'http://127.0.0.1:4000/verify']) {
    expect(configOf({ ...check, HUMAN_CHECK_URL }).humanCheck?.url).toBe(HUMAN_CHECK_URL);
  }
});
