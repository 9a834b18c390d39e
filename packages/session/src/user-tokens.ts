import type { UserToken } from './contract.js';
import { type FetchToken, type SessionClock, type SessionCrypto, TokenServiceError } from './ports.js';
import { withTimeLimit } from './time-limit.js';
import { userIdentity } from './user-identity.js';

/** A page that asks its own server for a token; longer than that server takes when it is slow. */
const ASK_LIMIT_MS = 10_000;
const MAX_TRIES = 2;

/** The site's word for one user: each token is good for minutes, so that it is asked for again and again. */
export interface UserTokens {
  /** Whom the site says is logged in; rejects with a {@link TokenServiceError}. */
  identity(): Promise<string>;
  /**
   * Does `work` with a token. Where the service finds it expired, which a slow network makes of any, once more with
   * another one.
   */
  use<T>(work: (userToken: string, identity: string) => Promise<T>): Promise<T>;
}

export function createUserTokens(
  source: UserToken,
  { clock, crypto }: { clock: SessionClock; crypto: SessionCrypto },
): UserTokens {
  type Word = { token: string; identity: string };
  // Asked for to learn who it is; the request that follows needs no other one.
  let unused: Word | null = null;

  const next = async (): Promise<Word> => {
    let token: unknown = source;
    if (typeof source === 'function') {
      token = await withTimeLimit(Promise.resolve().then(source), ASK_LIMIT_MS, clock, () => {
        return new Error('It took too long.');
      }).catch((cause: unknown) => {
        const why = 'The page gave no token of the logged-in user.';
        throw new TokenServiceError(why, { code: 'user_token_unavailable' }, { cause });
      });
    }
    const identity = userIdentity(token, crypto);
    if (identity === null) {
      throw new TokenServiceError('The token of the logged-in user cannot be read.', {
        status: 401,
        code: 'user_token_invalid',
      });
    }
    return { token: token as string, identity };
  };

  return {
    async identity() {
      unused = await next();
      return unused.identity;
    },
    async use(work) {
      for (let attempt = 1; ; attempt += 1) {
        const { token, identity } = unused ?? (await next());
        unused = null;
        try {
          return await work(token, identity);
        } catch (error) {
          const expired = error instanceof TokenServiceError && error.code === 'user_token_expired';
          if (!expired || attempt === MAX_TRIES || typeof source === 'string') throw error;
        }
      }
    },
  };
}

/** Asks for chat tokens by the site's word. `onOther`: the site says that somebody else is logged in now. */
export function fetchAsUser(fetchToken: FetchToken, tokens: UserTokens, onOther: () => void): FetchToken {
  return (request) =>
    tokens.use(async (userToken, identity) => {
      // An anonymous visitor who shows it beside their proof, to a service that only watches what tokens it is given.
      const beside = request.proof !== undefined;
      if (!beside && identity !== request.identity) throw somebodyElse(onOther);
      const grant = await fetchToken({ ...request, userToken }).catch((error: unknown) => {
        // About the token, where nothing else was shown; an anonymous visitor would get a new identity for it.
        const code = error instanceof TokenServiceError && !beside ? error.code : null;
        if (!code?.startsWith('proof_') && !code?.startsWith('identity_')) throw error;
        const refusal = { status: 401, code: 'user_token_invalid' };
        throw new TokenServiceError('The token belongs to another identity.', refusal, { cause: error });
      });
      if (beside && grant.identity === identity) throw somebodyElse(onOther);
      return grant;
    });
}

function somebodyElse(onOther: () => void): TokenServiceError {
  onOther();
  const why = 'Somebody else is logged in now.';
  return new TokenServiceError(why, { code: 'user_token_unavailable' });
}
