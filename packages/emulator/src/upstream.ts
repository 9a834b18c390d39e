import { errorBody, Refusal, refusals } from './errors.js';
import type { JsonObject } from './json.js';

/** An HTTP request that travels in a Twilsock frame. */
export interface TunnelledRequest {
  method: string;
  /** Still percent-encoded (validly), without a query. */
  path: string;
  /** The decoded query. */
  params: Record<string, string>;
  /** The body's media type, in lower case and without parameters. */
  contentType: string;
  body: string;
}

/** One authenticated socket, as those see it who answer its requests and push to it. */
export interface Session {
  readonly identity: string;
  /** Names the client through reconnects: the same on every socket of one running client. */
  readonly continuation: string;
  /**
   * Sends a notification. On a socket that is gone, nothing happens. The payload is JSON text: what many hear is
   * written once.
   */
  push(messageType: string, payload: string): void;
}

export interface Reply {
  status: number;
  body?: JsonObject;
  /** Runs as soon as the reply is on its way and before anything else happens: what it pushes follows the reply. */
  afterwards?: () => void;
}

/** What a route gets: `path` holds the decoded values of the pattern's `:names`. */
export interface RouteCall {
  session: Session;
  request: TunnelledRequest;
  path: Record<string, string>;
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** Segments between slashes; `:name` stands for any one segment that is not empty. */
  pattern: string;
  answer(call: RouteCall): Reply;
}

export type Upstream = (session: Session, request: TunnelledRequest) => Reply;

/** Answers requests from a route table. Unknown ones are refused by name; nothing that a route throws gets out. */
export function createUpstream(routes: readonly Route[], log: (line: string) => void): Upstream {
  const table = routes.map((route) => ({ route, segments: route.pattern.split('/') }));
  return (session, request) => {
    try {
      const given = request.path.split('/');
      for (const { route, segments } of table) {
        if (route.method !== request.method) continue;
        const path = matchPath(segments, given);
        if (path) return route.answer({ session, request, path });
      }
      throw new Refusal('not_implemented', `${request.method} ${request.path.slice(0, 200)}`);
    } catch (error) {
      if (error instanceof Refusal) return refusalReply(error);
      log(
        `${request.method} ${request.path} failed: ${error instanceof Error ? error.stack : String(error)}`,
      );
      return refusalReply(new Refusal('internal'));
    }
  };
}

/** The refusal as the client API and Sync put it. */
export function refusalReply(refusal: Refusal): Reply {
  const { status, code } = refusals[refusal.reason];
  return { status, body: { ...errorBody(status, code, refusal.message) } };
}

function matchPath(segments: string[], given: string[]): Record<string, string> | undefined {
  if (segments.length !== given.length) return undefined;
  const path: Record<string, string> = Object.create(null);
  for (const [position, segment] of segments.entries()) {
    const value = given[position] ?? '';
    if (segment.startsWith(':')) {
      if (value === '') return undefined;
      path[segment.slice(1)] = decodeURIComponent(value);
    } else if (segment !== value) return undefined;
  }
  return path;
}
