import {
  addWebhook,
  removeWebhook,
  requireWebhook,
  updateWebhook,
} from '../conversations/scoped-webhooks.js';
import { Refusal } from '../errors.js';
import { given } from '../given.js';
import { type Call, created, fetched, type Reply, type Route, removed } from './call.js';
import { pathConversation } from './find.js';
import { listPage } from './paging.js';
import { presentWebhook } from './present.js';

function list(call: Call): Reply {
  const { domain, view } = call;
  const { sid } = pathConversation(call);
  return listPage(call, {
    key: 'webhooks',
    maxPageSize: 5,
    page: (stretch) => domain.store.webhooks.page(sid, stretch),
    present: (row) => presentWebhook(view, row),
  });
}

function settings({ form }: Call) {
  return given({
    url: form.text('Configuration.Url'),
    method: form.oneOf('Configuration.Method', ['GET', 'POST']),
    filters: form.list('Configuration.Filters'),
    triggers: form.list('Configuration.Triggers'),
    flowSid: form.text('Configuration.FlowSid'),
  });
}

function create(call: Call): Reply {
  const { domain, by, form } = call;
  const target = form.oneOf('Target', ['webhook', 'studio', 'trigger']);
  if (target === undefined) throw new Refusal('invalid_parameter', 'Target is missing');
  const row = addWebhook(domain, {
    by,
    conversationSid: pathConversation(call).sid,
    target,
    ...settings(call),
    ...given({ replayAfter: form.integer('Configuration.ReplayAfter') }),
  });
  return created(presentWebhook(call.view, row));
}

function fetch(call: Call): Reply {
  const row = requireWebhook(call.domain, pathConversation(call), call.param('webhook'));
  return fetched(presentWebhook(call.view, row));
}

function update(call: Call): Reply {
  // Twilio takes both on create only.
  call.form.refuse('Target', 'Configuration.ReplayAfter');
  const conversationSid = pathConversation(call).sid;
  const row = updateWebhook(call.domain, { conversationSid, sid: call.param('webhook'), ...settings(call) });
  return fetched(presentWebhook(call.view, row));
}

function remove(call: Call): Reply {
  removeWebhook(call.domain, { conversationSid: pathConversation(call).sid, sid: call.param('webhook') });
  return removed;
}

const path = 'Conversations/:conversation/Webhooks';

export const webhookRoutes: readonly Route[] = [
  { method: 'GET', path, answer: list },
  { method: 'POST', path, answer: create },
  { method: 'GET', path: `${path}/:webhook`, answer: fetch },
  { method: 'POST', path: `${path}/:webhook`, answer: update },
  { method: 'DELETE', path: `${path}/:webhook`, answer: remove },
];
