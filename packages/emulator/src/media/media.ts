import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody, Refusal, refusals } from '../errors.js';
import { allowOrigin, answerPreflight, respond } from './respond.js';
import { InvalidToken, type MediaRoute, type MediaRouteOptions, mediaPrefix, mediaRoutes } from './routes.js';

export interface MediaOptions extends MediaRouteOptions {
  /** Hears of failures of our own. Never of what requests hold. */
  log: (line: string) => void;
}

/** Uploads and downloads, which the SDK makes over plain HTTP. */
export interface MediaService {
  /** Answers one request below `/mcs/`. The caller has checked where it comes from. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): void;
  /** Removes all bytes, as the store was emptied. */
  clear(): void;
  /** Waits for what is under way; nothing may be asked any more. */
  close(): Promise<void>;
}

export const isMediaPath = (path: string): boolean => path.startsWith(mediaPrefix);

export function createMediaService(options: MediaOptions): MediaService {
  const { domain, files, log } = options;
  const routes = mediaRoutes(options);
  const underWay = new Set<Promise<void>>();

  const stop = domain.facts.listen((fact) => {
    // A failure here leaves bytes without a row, which the next start removes.
    if (fact.type === 'message.removed') for (const { sid } of fact.message.medias) files.remove(sid);
    if (fact.type === 'conversation.removed') for (const { sid } of fact.media) files.remove(sid);
  });

  const answer = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    allowOrigin(request, response);
    const method = request.method ?? '';
    const found = matchRoute(routes, path, domain.serviceSid);
    if (!found) throw new Refusal('not_implemented', `${method} ${path.slice(0, 200)}`);
    const { route, sid } = found;
    if (method === 'OPTIONS') return answerPreflight(response);
    if (!route.methods.includes(method)) {
      const allowed = [...route.methods, 'OPTIONS'].join(', ');
      response.setHeader('allow', allowed);
      throw new Refusal('method_not_allowed', `here are only ${allowed}`);
    }
    const query = new URLSearchParams((request.url ?? '').split(/\?(.*)/s)[1] ?? '');
    await route.answer({ request, response, sid, query });
  };

  const fail = (error: unknown, request: IncomingMessage, response: ServerResponse, path: string): void => {
    // What is left of a body must be taken in, or the client may never get to read the answer.
    request.resume();
    const gone = response.headersSent || response.destroyed || request.errored;
    if (error instanceof InvalidToken) {
      if (!gone) respond(response, 401, { ...errorBody(401, error.code, error.message) });
      return;
    }
    if (error instanceof Refusal) {
      const { status, code } = refusals[error.reason];
      if (!gone) respond(response, status, { ...errorBody(status, code, error.message) });
      return;
    }
    // Who hangs up in the middle is no failure of ours.
    if (gone) return void response.destroy();
    log(
      `Media failed on ${request.method} ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
    const { status, code, message } = refusals.internal;
    respond(response, status, { ...errorBody(status, code, message) });
  };

  return {
    answer(request, response, path) {
      const work: Promise<void> = answer(request, response, path)
        .catch((error: unknown) => fail(error, request, response, path))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    clear: files.clear,
    async close() {
      await Promise.all(underWay);
      stop();
      files.close();
    },
  };
}

function matchRoute(
  routes: readonly MediaRoute[],
  path: string,
  serviceSid: string,
): { route: MediaRoute; sid: string } | undefined {
  const given = path.slice(mediaPrefix.length).split('/');
  for (const route of routes) {
    const segments = route.path.split('/');
    if (segments.length !== given.length) continue;
    const fits = segments.every((segment, at) => segment.startsWith(':') || segment === given[at]);
    if (!fits) continue;
    const named = (segment: string): string | undefined => given[segments.indexOf(segment)];
    const service = named(':service');
    if (service !== undefined && service !== serviceSid) {
      throw new Refusal('not_found', 'there is no service of that SID');
    }
    return { route, sid: named(':media') ?? '' };
  }
  return undefined;
}
