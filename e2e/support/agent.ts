import { Client } from '@twilio/conversations';
import twilio from 'twilio';
import type { Stack } from './stack.js';

/** Somebody of the staff, signed in with the official SDK by a token of the official helper. */
export async function signInAgent(stack: Stack, identity: string): Promise<Client> {
  const { accountSid, apiKeySid, apiKeySecret, serviceSid } = stack.emulator.credentials;
  const token = new twilio.jwt.AccessToken(accountSid, apiKeySid, apiKeySecret, { identity, ttl: 600 });
  token.addGrant(new twilio.jwt.AccessToken.ChatGrant({ serviceSid }));
  const client = new Client(token.toJwt(), { Twilsock: { uri: stack.emulator.wsUrl } });
  await new Promise<void>((resolve, reject) => {
    client.once('initialized', resolve);
    client.once('initFailed', ({ error }) => reject(new Error(error?.message ?? 'initFailed')));
  });
  return client;
}
