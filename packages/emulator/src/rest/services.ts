import { Refusal } from '../errors.js';
import { type Call, fetched, type Reply, type Route } from './call.js';
import { listPage } from './paging.js';
import { presentService } from './present.js';

function list(call: Call): Reply {
  const { domain, view } = call;
  return listPage(call, {
    key: 'services',
    maxPageSize: 100,
    page: (stretch) => domain.store.services.page(stretch).filter(({ row }) => row.sid === domain.serviceSid),
    present: (row) => presentService(view, row),
  });
}

function fetch(call: Call): Reply {
  const row = call.domain.store.services.bySid(call.param('service'));
  if (!row) throw new Refusal('not_found');
  return fetched(presentService(call.view, row));
}

export const serviceRoutes: readonly Route[] = [
  { method: 'GET', path: 'Services', answer: list },
  { method: 'GET', path: 'Services/:service', answer: fetch },
];
