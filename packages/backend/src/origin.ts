import type { Call } from './call.js';

/** Whether a page of this call's origin may use the service. A call without `Origin` comes from no page: refused. */
export function isAllowedOrigin(call: Call, allowed: readonly string[]): boolean {
  const origin = call.headers.origin;
  return origin !== undefined && allowed.includes(origin);
}

/**
 * CORS headers for a call's origin. They belong on errors too: without them the browser hides the reason from the
 * widget. An origin that is not on the list is never reflected, and there is no `*`.
 */
export function corsHeaders(call: Call, allowed: readonly string[]): Record<string, string> {
  const { origin } = call.headers;
  if (origin === undefined || !isAllowedOrigin(call, allowed)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Retry-After',
  };
}
