import { Refusal } from '../errors.js';
import { type Call, fetched, type Reply, type Route } from './call.js';
import { listPage } from './paging.js';
import { presentUser } from './present.js';

function list(call: Call): Reply {
  const { domain, view } = call;
  return listPage(call, {
    key: 'users',
    maxPageSize: 50,
    page: (stretch) => domain.store.users.page(domain.serviceSid, stretch),
    present: (row) => presentUser(view, row),
  });
}

function fetch(call: Call): Reply {
  const { serviceSid, store } = call.domain;
  const name = call.param('user');
  const row = store.users.bySid(name) ?? store.users.byIdentity(serviceSid, name);
  if (row?.chatServiceSid !== serviceSid) throw new Refusal('user_not_found', name);
  return fetched(presentUser(call.view, row));
}

export const userRoutes: readonly Route[] = [
  { method: 'GET', path: 'Users', answer: list },
  { method: 'GET', path: 'Users/:user', answer: fetch },
];
