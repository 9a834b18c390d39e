import twilio from 'twilio';
import type { Config } from './config.js';

/** The official helper's client. */
export type TwilioClient = twilio.Twilio;

// Twilio answers in well under a second; without a limit of ours, stopping the service could wait half a minute.
const TIMEOUT_MS = 10_000;

/**
 * The official helper, signed in with the API key, so that the Auth Token is needed for signatures alone. REST calls
 * go to `twilioApiBaseUrl` where that is set.
 */
export function createTwilioClient(
  config: Pick<Config, 'accountSid' | 'apiKeySid' | 'apiKeySecret' | 'twilioApiBaseUrl'>,
): TwilioClient {
  const client = twilio(config.apiKeySid, config.apiKeySecret, {
    accountSid: config.accountSid,
    timeout: TIMEOUT_MS,
    autoRetry: true,
    // Left out, the helper reads both from the process's environment and rewrites the host that was configured.
    ...(config.twilioApiBaseUrl === undefined ? {} : { region: '', edge: '' }),
  });
  if (config.twilioApiBaseUrl !== undefined) client.conversations.baseUrl = config.twilioApiBaseUrl;
  return client;
}
