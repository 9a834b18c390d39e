import { fromBase64url, toBase64url, utf8Bytes, utf8Text } from './bytes.js';

/** An unsigned token that the fake service and the session's own check accept. */
export function makeFakeToken(identity: string, claims: Record<string, unknown> = {}): string {
  const part = (value: unknown): string => toBase64url(utf8Bytes(JSON.stringify(value)));
  return `${part({ alg: 'none' })}.${part({ ...claims, grants: { identity } })}.fake`;
}

export function claimsOf(token: string): { identity: string; exp: number | undefined } {
  const claims = JSON.parse(
    utf8Text(fromBase64url(token.split('.')[1] ?? '') ?? new Uint8Array()) ?? '{}',
  ) as { grants?: { identity?: string }; exp?: number };
  return { identity: claims.grants?.identity ?? '', exp: claims.exp };
}
