import { TokenServiceError } from '../ports.js';
import { createTellDeveloper } from './tell-developer.js';

const LIMIT_MS = 10_000;
/** A token is at most 16 KB; the rest of an answer is small. Anything longer is a page, not an answer. */
const MAX_ANSWER = 32 * 1024;

/** How the token service is reached. */
export interface TokenServiceOptions {
  /** The token service, for example `/chat-widget`. */
  url: string;
  fetch: typeof globalThis.fetch;
  /**
   * Is told once what the page's developer can do about a service that seems not to answer. Default: a warning in the
   * console.
   */
  tellDeveloper?: (sentence: string) => void;
  /** Milliseconds until a request is given up, its answer's body included. Default 10 000. */
  limitMs?: number;
  /**
   * Lets a person show that they are one, where the service asks for it, and resolves to what the provider of the
   * check gave for that. Without it, or when it rejects, such a visitor is `blocked` with `human_check_required`.
   */
  humanCheck?: () => Promise<string>;
}

/** Posts forms to the token service: nothing secret in an address, nothing that a browser keeps or sends along. */
export type Post = (url: string, identity: string, fields: Record<string, string>) => Promise<Answer>;

export function createPost(options: TokenServiceOptions): Post {
  const tellDeveloper = options.tellDeveloper ?? createTellDeveloper(globalThis);
  let told = false;
  const hint = (error: unknown): never => {
    // A browser does not say why: no network, an answer that this page may not read, and a redirect look the same.
    const hidden = error instanceof Error && error.cause instanceof TypeError;
    if (hidden && !told && globalThis.navigator?.onLine !== false) {
      told = true;
      tellDeveloper(
        `the token service at ${options.url} gave no answer that this page may read. If it is running: does it allow the page's origin (ALLOWED_ORIGINS), does the page's connect-src allow it, and does it answer without a redirect?`,
      );
    }
    throw error;
  };
  let verifying: { identity: string; answer: Promise<Answer> } | null = null;
  return async (url, identity, fields) => {
    const post = (more: Record<string, string> = {}): Promise<Answer> =>
      request(options, url, {
        method: 'POST',
        body: new URLSearchParams({ ...fields, ...more }).toString(),
        headers: {
          Accept: 'application/json, text/plain',
          'Content-Type': 'application/x-www-form-urlencoded',
        },
      }).catch(hint);
    const verify = async (humanCheck: () => Promise<string>, refusal: Answer): Promise<Answer> => {
      const humanToken = await humanCheck().catch(() => null);
      return humanToken === null ? refusal : post({ human_token: humanToken });
    };
    const posted = await post();
    if (posted.error?.code !== 'human_check_required' || !options.humanCheck) return posted;
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
    return verifying.answer;
  };
}

/** What the service answered; its own refusals are told by `error`. */
export interface Answer {
  ok: boolean;
  status: number;
  retryAfter: string | null;
  text: string;
  /** The service's own error, when the body is in its format. */
  error: { code: string; message: string; serverTime: number | null } | null;
}

export async function request(options: TokenServiceOptions, url: string, init: RequestInit): Promise<Answer> {
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

/** The refusal as an error; `null` when there is none. */
export function refusalIn({ ok, status, error, retryAfter: header }: Answer): TokenServiceError | null {
  if (ok && !error) return null;
  const retryAfter = seconds(header);
  return new TokenServiceError(error?.message ?? `The token service answered ${status}.`, {
    status,
    ...(error && { code: error.code }),
    ...(error?.serverTime != null && { serverTime: error.serverTime }),
    ...(retryAfter !== null && { retryAfter }),
  });
}

/** The JSON of an answer; `undefined` where it is none, or longer than any answer is. */
export function jsonOf({ text }: Pick<Answer, 'text'>): unknown {
  try {
    return text.length <= MAX_ANSWER ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function readError(text: string): Answer['error'] {
  const value = jsonOf({ text });
  if (typeof value !== 'object' || value === null || !('error' in value)) return null;
  const { error } = value;
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') {
    return null;
  }
  const message = 'message' in error && typeof error.message === 'string' ? error.message : error.code;
  const serverTime = 'serverTime' in value && typeof value.serverTime === 'number' ? value.serverTime : null;
  return { code: error.code, message, serverTime };
}

/** `Retry-After` as seconds; the date form is measured by the visitor's clock, which may be wrong, and is left out. */
function seconds(header: string | null): number | null {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) : null;
}
