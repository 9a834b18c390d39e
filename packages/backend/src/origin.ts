import type { Call } from './call.js';
import type { Config } from './config.js';

/** What decides which pages may use the service. */
export type OriginConfig = Pick<Config, 'allowedOrigins' | 'publicBaseUrl'>;

/** Whether the page that makes this call may use the service. A call that names no page is refused. */
export function isAllowedOrigin(call: Call, config: OriginConfig): boolean {
  const origin = call.headers.origin ?? ownOrigin(call, config.publicBaseUrl);
  return origin !== undefined && config.allowedOrigins.includes(origin);
}

/**
 * Browsers send no `Origin` with a GET to the page's own origin, and the original's clients ask by GET. They do say that
 * it is one, in a header that no page can write. With every POST they send `Origin`, so there its absence means no page.
 */
function ownOrigin(call: Call, publicBaseUrl: string): string | undefined {
  if (call.method !== 'GET' || call.headers['sec-fetch-site'] !== 'same-origin') return undefined;
  return URL.canParse(publicBaseUrl) ? new URL(publicBaseUrl).origin : undefined;
}

/**
 * CORS headers for a call's origin. They belong on errors too: without them the browser hides the reason from the
 * widget. An origin that is not on the list is never reflected, and there is no `*`.
 */
export function corsHeaders(
  origin: string | undefined,
  { allowedOrigins }: Pick<OriginConfig, 'allowedOrigins'>,
): Record<string, string> {
  if (origin === undefined || !allowedOrigins.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Retry-After',
  };
}
