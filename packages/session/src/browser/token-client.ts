import { type FetchToken, type TokenGrant, TokenServiceError } from '../ports.js';
import {
  type Answer,
  createPost,
  jsonOf,
  refusalIn,
  request,
  type TokenServiceOptions,
} from './ask-token-service.js';

/** Anything longer is no token; the session reads 16 KB of one. */
const LONGEST_TOKEN = 32 * 1024;

/** How the token service is asked for tokens. */
export type FetchTokenOptions = TokenServiceOptions;

/**
 * Asks the token service over HTTP. The proof travels in the body of a form, so that no preflight is needed and no
 * log of addresses sees it. A service that knows only GET is asked once more without the proof, and without
 * anything secret.
 *
 * @throws TokenServiceError (as rejection) with the service's status and code.
 * @example
 * ```ts
 * const fetchToken = createFetchToken({ url: '/chat-widget', fetch: window.fetch.bind(window) });
 * ```
 */
export function createFetchToken(options: FetchTokenOptions): FetchToken {
  const post = createPost(options);
  return async ({ identity, proof, userToken, ended }) => {
    const url = `${options.url}${options.url.includes('?') ? '&' : '?'}identity=${encodeURIComponent(identity)}`;
    const posted = await post(url, identity, {
      ...(proof !== undefined && { proof }),
      ...(userToken !== undefined && { user_token: userToken }),
      ...(ended !== undefined && { ended }),
    });
    // A service that does not read a user's token must not be asked for a user.
    const knowsOnlyGet =
      (posted.status === 404 || posted.status === 405) && posted.error === null && userToken === undefined;
    const answer = knowsOnlyGet
      ? await request(options, url, { method: 'GET', headers: { Accept: 'application/json, text/plain' } })
      : posted;
    return readGrant(answer, identity);
  };
}

function readGrant(answer: Answer, identity: string): TokenGrant {
  const refusal = refusalIn(answer);
  if (refusal) throw refusal;
  const grant = parseGrant(answer, identity);
  if (!grant) throw new TokenServiceError('The token service gave no token.', { status: answer.status });
  return grant;
}

/** JSON as our own service gives it, or the bare token of the original function. */
function parseGrant(answer: Answer, identity: string): TokenGrant | null {
  const value = jsonOf(answer);
  const token = typeof value === 'string' ? value : value === undefined ? answer.text.trim() : null;
  if (token !== null) {
    return looksLikeToken(token)
      ? { token, identity, expiresIn: null, realtimeUrl: null, conversationSid: null }
      : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Partial<Record<string, unknown>>;
  if (typeof fields.token !== 'string' || !looksLikeToken(fields.token)) return null;
  return {
    token: fields.token,
    identity: typeof fields.identity === 'string' ? fields.identity : identity,
    expiresIn: typeof fields.expiresIn === 'number' && fields.expiresIn > 0 ? fields.expiresIn : null,
    realtimeUrl: typeof fields.realtimeUrl === 'string' ? fields.realtimeUrl : null,
    conversationSid: typeof fields.conversation_sid === 'string' ? fields.conversation_sid : null,
  };
}

function looksLikeToken(text: string): boolean {
  return text.length <= LONGEST_TOKEN && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}
