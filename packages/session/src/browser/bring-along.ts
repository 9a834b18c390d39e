import type { BringAlong } from '../ports.js';
import { createPost, refusalIn, type TokenServiceOptions } from './ask-token-service.js';

/**
 * Asks the token service to let another identity have a conversation: `<url>/claim` for who has logged in,
 * `<url>/migrate` for visitors of the original chat.
 *
 * @throws TokenServiceError (as rejection) with the service's status and code.
 * @example
 * ```ts
 * const bringAlong = createBringAlong({ url: '/chat-widget', fetch: window.fetch.bind(window) });
 * ```
 */
export function createBringAlong(options: TokenServiceOptions): BringAlong {
  const post = createPost(options);
  const ask = async (path: string, fields: { identity: string } & Record<string, string>): Promise<void> => {
    const [, place = '', query = ''] = /^([^?#]*?)\/*(\?[^#]*)?(?:#.*)?$/.exec(options.url) ?? [];
    const refusal = refusalIn(await post(`${place}/${path}${query}`, fields.identity, fields));
    if (refusal) throw refusal;
  };
  return {
    claim: ({ identity, proof, userToken, conversationSid }) =>
      ask('claim', { identity, proof, user_token: userToken, conversation_sid: conversationSid }),
    migrate: ({ identity, proof, legacyIdentity, legacyConversationSid }) =>
      ask('migrate', {
        identity,
        proof,
        legacy_identity: legacyIdentity,
        legacy_conversation_sid: legacyConversationSid,
      }),
  };
}
