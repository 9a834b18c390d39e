import type { Config } from '../config.js';

/** A whole configuration with made-up secrets, and what a test changes in it. */
export function testConfig(changes: Partial<Config> = {}): Config {
  return {
    accountSid: `AC${'1'.repeat(32)}`,
    apiKeySid: `SK${'2'.repeat(32)}`,
    apiKeySecret: 'a-secret-that-only-tests-know-000',
    serviceSid: `IS${'3'.repeat(32)}`,
    authToken: 'local-auth-token-0001',
    allowedOrigins: ['https://shop.example'],
    publicBaseUrl: 'http://127.0.0.1:0',
    tokenTtl: 3600,
    appId: '',
    mode: 'easy',
    legacyGet: false,
    response: 'json',
    bannedIdentities: [],
    newIdentitiesPerHour: 1000,
    trustedProxies: [],
    port: 0,
    ...changes,
  };
}
