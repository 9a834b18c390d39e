import type { Method, Route } from './call.js';

export type Match =
  | { found: true; route: Route; params: Readonly<Record<string, string>> }
  | { found: false; allowed: Method[] };

export type Router = (method: string, path: string) => Match;

function paramsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [position, part] of pattern.entries()) {
    const segment = segments[position] ?? '';
    if (!part.startsWith(':')) {
      if (part !== segment) return null;
    } else {
      if (segment === '') return null;
      params[part.slice(1)] = segment;
    }
  }
  return params;
}

/** Finds the first route of a table that fits; where only the path fits, answers what may be done there. */
export function createRouter(routes: readonly Route[]): Router {
  const table = routes.map((route) => ({ route, pattern: route.path.split('/') }));
  return (method, path) => {
    const segments = path.split('/').map(decodeURIComponent);
    const allowed: Method[] = [];
    for (const { route, pattern } of table) {
      const params = paramsOf(pattern, segments);
      if (!params) continue;
      if (route.method === method) return { found: true, route, params };
      allowed.push(route.method);
    }
    return { found: false, allowed };
  };
}
