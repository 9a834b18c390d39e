import { createHmac, createSecretKey } from 'node:crypto';

/** What goes into every token of one service. */
export interface TokenIssuer {
  accountSid: string;
  apiKeySid: string;
  apiKeySecret: string;
  serviceSid: string;
  pushCredentialSid?: string;
  /** Seconds. */
  tokenTtl: number;
}

/** Makes a Twilio access token with a Chat grant for `identity`; `now` is Unix seconds. */
export type SignAccessToken = (identity: string, now: number) => string;

const HEADER = encode({ alg: 'HS256', typ: 'JWT', cty: 'twilio-fpa;v=1' });

/**
 * The official helper makes the same token, but it tries to parse the secret as a private key for each one, and `jose`
 * signs on another thread; `bench/token` has the figures. This is the one route that a flood reaches, so the key is
 * made once and one HMAC is all that is left. Only signing is done by hand: tokens of others are read by `jose`.
 */
export function createTokenSigner(issuer: TokenIssuer): SignAccessToken {
  const key = createSecretKey(Buffer.from(issuer.apiKeySecret, 'utf8'));
  const chat = {
    service_sid: issuer.serviceSid,
    ...(issuer.pushCredentialSid === undefined ? {} : { push_credential_sid: issuer.pushCredentialSid }),
  };
  return (identity, now) => {
    // No `nbf`: with it, a server whose clock is a second ahead hands out tokens that are refused.
    const claims = encode({
      jti: `${issuer.apiKeySid}-${now}`,
      iss: issuer.apiKeySid,
      sub: issuer.accountSid,
      iat: now,
      exp: now + issuer.tokenTtl,
      grants: { identity, chat },
    });
    const signature = createHmac('sha256', key).update(`${HEADER}.${claims}`).digest('base64url');
    return `${HEADER}.${claims}.${signature}`;
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
}
