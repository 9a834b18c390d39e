import type { IncomingMessage } from 'node:http';

export type GuardVerdict =
  | { allowed: true }
  | { allowed: false; reason: 'host_not_allowed' | 'origin_not_allowed'; message: string };

/** Judges a request by its headers alone, before anything of it is read. */
export type Guard = (request: Pick<IncomingMessage, 'headers'>) => GuardVerdict;

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

function isLoopbackOrigin(origin: string): boolean {
  try {
    const url = new URL(origin);
    const web = url.protocol === 'http:' || url.protocol === 'https:';
    // `url.origin === origin` keeps out spellings that a browser never sends, such as a path or a user name.
    return web && url.origin === origin && loopbackNames.includes(url.hostname);
  } catch {
    return false;
  }
}

/**
 * Any page that the developer happens to visit can reach a port on loopback. Two headers that a page cannot forge
 * keep it out: `Host` still names the page's own domain after DNS rebinding, and `Origin` names the page.
 * Programs send no `Origin`, and are let in.
 */
export function createGuard(options: { port: () => number; allowedOrigins?: readonly string[] }): Guard {
  const { port, allowedOrigins } = options;
  const originAllowed = (origin: string) => allowedOrigins?.includes(origin) ?? isLoopbackOrigin(origin);

  return ({ headers }) => {
    const host = headers.host?.toLowerCase() ?? '';
    // Port 80 is left out of `Host` by clients that follow the standard.
    const known = loopbackNames.some(
      (name) => host === `${name}:${port()}` || (port() === 80 && host === name),
    );
    if (!known) {
      const message = `The emulator answers to 127.0.0.1:${port()} and localhost:${port()} only, not to the Host of this request`;
      return { allowed: false, reason: 'host_not_allowed', message };
    }
    const { origin } = headers;
    if (origin !== undefined && !originAllowed(origin)) {
      const message = 'Pages of this Origin may not use the emulator; list it in allowedOrigins';
      return { allowed: false, reason: 'origin_not_allowed', message };
    }
    return { allowed: true };
  };
}
