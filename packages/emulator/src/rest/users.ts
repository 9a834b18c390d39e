import { addUser } from '../conversations/add-user.js';
import { reachabilityOf } from '../conversations/reachability.js';
import { removeUser } from '../conversations/remove-user.js';
import { requireUser, updateUser } from '../conversations/update-user.js';
import { given } from '../given.js';
import type { UserRow } from '../store/rows.js';
import { type Call, created, fetched, type Json, type Reply, type Route, removed } from './call.js';
import { listPage } from './paging.js';
import { presentUser } from './present.js';

function settings({ form }: Call) {
  return given({
    friendlyName: form.text('FriendlyName'),
    attributes: form.text('Attributes'),
    roleSid: form.text('RoleSid'),
  });
}

const present = ({ domain, view }: Call, row: UserRow): Json =>
  presentUser(view, row, reachabilityOf(domain, row.identity));

function list(call: Call): Reply {
  const { domain } = call;
  return listPage(call, {
    key: 'users',
    maxPageSize: 50,
    page: (stretch) => domain.store.users.page(domain.serviceSid, stretch),
    present: (row) => present(call, row),
  });
}

function create(call: Call): Reply {
  const { domain, by, form } = call;
  const row = addUser(domain, { by, identity: form.requiredText('Identity'), ...settings(call) });
  return created(present(call, row));
}

function fetch(call: Call): Reply {
  return fetched(present(call, requireUser(call.domain, call.by, call.param('user'))));
}

function update(call: Call): Reply {
  const { domain, by, form } = call;
  form.refuse('Identity');
  const row = updateUser(domain, { by, user: call.param('user'), ...settings(call) });
  return fetched(present(call, row));
}

function remove(call: Call): Reply {
  removeUser(call.domain, { by: call.by, user: call.param('user') });
  return removed;
}

export const userRoutes: readonly Route[] = [
  { method: 'GET', path: 'Users', answer: list },
  { method: 'POST', path: 'Users', answer: create },
  { method: 'GET', path: 'Users/:user', answer: fetch },
  { method: 'POST', path: 'Users/:user', answer: update },
  { method: 'DELETE', path: 'Users/:user', answer: remove },
];
