import { type FetchToken, type TokenGrant, TokenServiceError } from '../ports.js';

const LIMIT_MS = 10_000;
/** A token is at most 16 KB; the rest of an answer is small. Anything longer is a page, not an answer. */
const MAX_ANSWER = 32 * 1024;

export interface FetchTokenOptions {
  /** The token service, for example `/chat-widget`. */
  url: string;
  fetch: typeof globalThis.fetch;
  /** Milliseconds until a request is given up, its answer's body included. Default 10 000. */
  limitMs?: number;
  /**
   * Lets a person show that they are one, where the service asks for it, and resolves to what the provider of the
   * check gave for that. Without it, or when it rejects, such a visitor is `blocked` with `human_check_required`.
   */
  humanCheck?: () => Promise<string>;
}

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
  let verifying: { identity: string; answer: Promise<Answer> } | null = null;
  return async ({ identity, proof, ended }) => {
    const url = `${options.url}${options.url.includes('?') ? '&' : '?'}identity=${encodeURIComponent(identity)}`;
    const post = (more: Record<string, string> = {}): Promise<Answer> =>
      request(options, url, {
        method: 'POST',
        body: new URLSearchParams({ proof, ...(ended !== undefined && { ended }), ...more }).toString(),
        headers: {
          Accept: 'application/json, text/plain',
          'Content-Type': 'application/x-www-form-urlencoded',
        },
      });
    const verify = async (humanCheck: () => Promise<string>, refusal: Answer): Promise<Answer> => {
      const humanToken = await humanCheck().catch(() => null);
      return humanToken === null ? refusal : post({ human_token: humanToken });
    };
    let posted = await post();
    if (posted.error?.code === 'human_check_required' && options.humanCheck) {
      // A person takes longer than a session waits for an answer, and what the check gives is good for one request:
      // who asks again meanwhile waits for the same one.
      if (verifying?.identity !== identity) {
        const mine = { identity, answer: verify(options.humanCheck, posted) };
        const done = (): void => {
          if (verifying === mine) verifying = null;
        };
        verifying = mine;
        mine.answer.then(done, done);
      }
      posted = await verifying.answer;
    }
    const knowsOnlyGet = (posted.status === 404 || posted.status === 405) && posted.error === null;
    const answer = knowsOnlyGet
      ? await request(options, url, { method: 'GET', headers: { Accept: 'application/json, text/plain' } })
      : posted;
    return readGrant(answer, identity);
  };
}

interface Answer {
  ok: boolean;
  status: number;
  retryAfter: string | null;
  text: string;
  /** The service's own error, when the body is in its format. */
  error: { code: string; message: string; serverTime: number | null } | null;
}

async function request(options: FetchTokenOptions, url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await options.fetch(url, {
      ...init,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(options.limitMs ?? LIMIT_MS),
    });
    const text = await response.text();
    return {
      ok: response.ok,
      status: response.status,
      retryAfter: response.headers.get('Retry-After'),
      text,
      error: readError(text),
    };
  } catch (cause) {
    throw new TokenServiceError(`The token service at ${options.url} did not answer.`, {}, { cause });
  }
}

function readGrant(answer: Answer, identity: string): TokenGrant {
  const { status, error } = answer;
  const retryAfter = seconds(answer.retryAfter);
  if (!answer.ok || error) {
    throw new TokenServiceError(error?.message ?? `The token service answered ${status}.`, {
      status,
      ...(error && { code: error.code }),
      ...(error?.serverTime != null && { serverTime: error.serverTime }),
      ...(retryAfter !== null && { retryAfter }),
    });
  }
  const grant = answer.text.length <= MAX_ANSWER ? parseGrant(answer.text.trim(), identity) : null;
  if (!grant) throw new TokenServiceError('The token service gave no token.', { status });
  return grant;
}

/** JSON as our own service gives it, or the bare token of the original function. */
function parseGrant(text: string, identity: string): TokenGrant | null {
  const value = parseJson(text);
  const token = typeof value === 'string' ? value : value === undefined ? text : null;
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
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

function readError(text: string): Answer['error'] {
  const value = text.length <= MAX_ANSWER ? parseJson(text) : undefined;
  if (typeof value !== 'object' || value === null || !('error' in value)) return null;
  const { error } = value;
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') {
    return null;
  }
  const message = 'message' in error && typeof error.message === 'string' ? error.message : error.code;
  const serverTime = 'serverTime' in value && typeof value.serverTime === 'number' ? value.serverTime : null;
  return { code: error.code, message, serverTime };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After` as seconds; the date form is measured by the visitor's clock, which may be wrong, and is left out. */
function seconds(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) : null;
}
