import { addRole, removeRole, requireRole, updateRole } from '../conversations/manage-roles.js';
import { Refusal } from '../errors.js';
import type { RoleRow } from '../store/rows.js';
import {
  type Call,
  created,
  fetched,
  type Json,
  type Reply,
  type Route,
  removed,
  type View,
} from './call.js';
import { listPage } from './paging.js';
import { dates } from './present.js';

function present(view: View, row: RoleRow): Json {
  return {
    sid: row.sid,
    account_sid: view.accountSid,
    chat_service_sid: row.chatServiceSid,
    friendly_name: row.friendlyName,
    type: row.type,
    permissions: row.permissions,
    ...dates(row),
    url: `${view.root}/Roles/${row.sid}`,
  };
}

function list(call: Call): Reply {
  const { domain, view } = call;
  return listPage(call, {
    key: 'roles',
    maxPageSize: 50,
    page: (stretch) => domain.store.roles.page(domain.serviceSid, stretch),
    present: (row) => present(view, row),
  });
}

function create(call: Call): Reply {
  const { form } = call;
  const type = form.oneOf('Type', ['conversation', 'service']);
  if (type === undefined) {
    throw new Refusal('invalid_parameter', 'Type is missing: it is conversation or service');
  }
  const role = addRole(call.domain, {
    friendlyName: form.requiredText('FriendlyName'),
    type,
    permissions: form.list('Permission') ?? [],
  });
  return created(present(call.view, role));
}

function fetch(call: Call): Reply {
  return fetched(present(call.view, requireRole(call.domain, call.param('role'))));
}

function update(call: Call): Reply {
  const { form } = call;
  form.refuse('FriendlyName', 'Type');
  const role = updateRole(call.domain, {
    sid: call.param('role'),
    permissions: form.list('Permission') ?? [],
  });
  return fetched(present(call.view, role));
}

function remove(call: Call): Reply {
  removeRole(call.domain, call.param('role'));
  return removed;
}

export const roleRoutes: readonly Route[] = [
  { method: 'GET', path: 'Roles', answer: list },
  { method: 'POST', path: 'Roles', answer: create },
  { method: 'GET', path: 'Roles/:role', answer: fetch },
  { method: 'POST', path: 'Roles/:role', answer: update },
  { method: 'DELETE', path: 'Roles/:role', answer: remove },
];
