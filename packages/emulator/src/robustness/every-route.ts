import { clientApiRoutes } from '../client-api/client-api.js';
import { createDomain } from '../conversations/domain.js';
import { openStore } from '../store/store.js';
import { createSync } from '../sync/sync.js';

/** Every route that is served over a socket, once, as `METHOD pattern`: what no test may forget. */
export function everyRoute(): string[] {
  const store = openStore(':memory:');
  const domain = createDomain({ store, accountSid: 'AC', serviceSid: 'IS' });
  const sync = createSync(domain, () => []);
  const routes = [...clientApiRoutes(domain, () => ''), ...sync.routes];
  sync.stop();
  store.close();
  return [...new Set(routes.map(({ method, pattern }) => `${method} ${pattern}`))].sort();
}
