import { errorFacts } from './errors.js';
import type { TwilioClient } from './twilio-client.js';

/**
 * Tells whether Conversations has a User of an identity: one is made when somebody connects with a token for the first
 * time, or is added to a conversation.
 */
export function createUserLookup(
  client: TwilioClient,
  serviceSid: string,
): (identity: string) => Promise<boolean> {
  const { users } = client.conversations.v1.services(serviceSid);
  return async (identity) => {
    try {
      await users(identity).fetch();
      return true;
    } catch (error) {
      if (errorFacts(error).status === 404) return false;
      throw error;
    }
  };
}
