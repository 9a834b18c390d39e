import { type AddConversation, addConversation } from '../conversations/add-conversation.js';
import { removeConversation } from '../conversations/remove-conversation.js';
import { updateConversation } from '../conversations/update-conversation.js';
import { given } from '../given.js';
import { type Call, created, fetched, type Reply, type Route, removed } from './call.js';
import { pathConversation } from './find.js';
import { listPage } from './paging.js';
import { presentConversation } from './present.js';

const states = ['active', 'inactive', 'closed'] as const;

const unsupported = [
  'MessagingServiceSid',
  'DateCreated',
  'DateUpdated',
  'Bindings.Email.Address',
  'Bindings.Email.Name',
];

/** What a new conversation may be given, and one that is there already. */
export function conversationSettings({ form }: Call): Omit<AddConversation, 'by'> {
  form.refuse(...unsupported);
  return given({
    friendlyName: form.text('FriendlyName'),
    uniqueName: form.text('UniqueName'),
    attributes: form.text('Attributes'),
    state: form.oneOf('State', states),
    timerInactive: form.text('Timers.Inactive'),
    timerClosed: form.text('Timers.Closed'),
  });
}

function list(call: Call): Reply {
  const { domain, view, query } = call;
  query.refuse('StartDate', 'EndDate');
  const state = query.oneOf('State', states);
  return listPage(call, {
    key: 'conversations',
    maxPageSize: 100,
    page: (stretch) => domain.store.conversations.page(domain.serviceSid, stretch, state),
    present: (row) => presentConversation(view, row),
  });
}

function create(call: Call): Reply {
  const row = addConversation(call.domain, { by: call.by, ...conversationSettings(call) });
  return created(presentConversation(call.view, row));
}

function fetch(call: Call): Reply {
  return fetched(presentConversation(call.view, pathConversation(call)));
}

function update(call: Call): Reply {
  const { sid } = pathConversation(call);
  const row = updateConversation(call.domain, { by: call.by, sid, ...conversationSettings(call) });
  return fetched(presentConversation(call.view, row));
}

function remove(call: Call): Reply {
  removeConversation(call.domain, { by: call.by, sid: pathConversation(call).sid });
  return removed;
}

export const conversationRoutes: readonly Route[] = [
  { method: 'GET', path: 'Conversations', answer: list },
  { method: 'POST', path: 'Conversations', answer: create },
  { method: 'GET', path: 'Conversations/:conversation', answer: fetch },
  { method: 'POST', path: 'Conversations/:conversation', answer: update },
  { method: 'DELETE', path: 'Conversations/:conversation', answer: remove },
];
