import { removePushRegistrations } from '../conversations/push-registrations.js';
import { Refusal } from '../errors.js';
import type { PushRegistrationRow } from '../store/rows.js';
import { type Call, fetched, type Reply, type Route, removed } from './call.js';
import { listPage } from './paging.js';
import { presentPushBinding } from './present.js';

function list(call: Call): Reply {
  const { domain, view, query } = call;
  return listPage(call, {
    key: 'bindings',
    maxPageSize: 100,
    page: (stretch) =>
      domain.store.pushRegistrations.page(stretch, {
        identities: query.list('Identity') ?? [],
        channelTypes: query.list('BindingType') ?? [],
      }),
    present: (row) => presentPushBinding(view, row),
  });
}

function pathBinding(call: Call): PushRegistrationRow {
  const row = call.domain.store.pushRegistrations.byId(call.param('binding'));
  if (!row) throw new Refusal('not_found');
  return row;
}

function remove(call: Call): Reply {
  const { id, identity } = pathBinding(call);
  removePushRegistrations(call.domain, identity, { id });
  return removed;
}

/** The registrations of apps, which REST calls bindings. They are made by SDKs only. */
export const bindingRoutes: readonly Route[] = [
  { method: 'GET', path: 'Bindings', answer: list },
  {
    method: 'GET',
    path: 'Bindings/:binding',
    answer: (call) => fetched(presentPushBinding(call.view, pathBinding(call))),
  },
  { method: 'DELETE', path: 'Bindings/:binding', answer: remove },
];
