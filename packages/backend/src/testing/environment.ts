import type { Config } from '../config.js';
import { testConfig } from './config.js';

/** The environment that gives {@link testConfig}, for a process of its own. */
export function testEnvironment(changes: Partial<Config> = {}): Record<string, string> {
  const config = testConfig(changes);
  return {
    ACCOUNT_SID: config.accountSid,
    TWILIO_API_KEY_SID: config.apiKeySid,
    TWILIO_API_KEY_SECRET: config.apiKeySecret,
    CONVERSATIONS_SERVICE_SID: config.serviceSid,
    AUTH_TOKEN: config.authToken,
    ALLOWED_ORIGINS: config.allowedOrigins.join(','),
    PUBLIC_BASE_URL: config.publicBaseUrl,
    PORT: String(config.port),
    ...(config.twilioApiBaseUrl !== undefined && { TWILIO_API_BASE_URL: config.twilioApiBaseUrl }),
    ...(config.redisUrl !== undefined && { REDIS_URL: config.redisUrl }),
  };
}
