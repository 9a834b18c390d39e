import { addMessage } from '../conversations/add-message.js';
import { removeMessage } from '../conversations/remove-message.js';
import { requireMessage, updateMessage } from '../conversations/update-message.js';
import { given } from '../given.js';
import { type Call, created, fetched, type Reply, type Route, removed } from './call.js';
import { pathConversation } from './find.js';
import { listPage } from './paging.js';
import { presentMessage } from './present.js';

function list(call: Call): Reply {
  const { domain, view, query } = call;
  const { sid } = pathConversation(call);
  return listPage(call, {
    key: 'messages',
    maxPageSize: 100,
    order: query.oneOf('Order', ['asc', 'desc']) ?? 'asc',
    page: (stretch) => domain.store.messages.page(sid, stretch),
    present: (row) => presentMessage(view, row),
  });
}

function content({ form }: Call) {
  form.refuse('DateCreated', 'DateUpdated');
  return given({
    author: form.text('Author'),
    body: form.text('Body'),
    attributes: form.text('Attributes'),
  });
}

function create(call: Call): Reply {
  const { domain, by, form } = call;
  const conversationSid = pathConversation(call).sid;
  const more = given({
    subject: form.text('Subject'),
    mediaSids: form.list('MediaSid'),
    contentSid: form.text('ContentSid'),
    contentVariables: form.text('ContentVariables'),
  });
  const row = addMessage(domain, { by, conversationSid, ...content(call), ...more });
  return created(presentMessage(call.view, row));
}

function fetch(call: Call): Reply {
  const row = requireMessage(call.domain, pathConversation(call), call.param('message'));
  return fetched(presentMessage(call.view, row));
}

function update(call: Call): Reply {
  const { domain, by, form } = call;
  form.refuse('Subject', 'MediaSid', 'ContentSid', 'ContentVariables');
  const conversationSid = pathConversation(call).sid;
  const row = updateMessage(domain, { by, conversationSid, sid: call.param('message'), ...content(call) });
  return fetched(presentMessage(call.view, row));
}

function remove(call: Call): Reply {
  const conversationSid = pathConversation(call).sid;
  removeMessage(call.domain, { by: call.by, conversationSid, sid: call.param('message') });
  return removed;
}

const path = 'Conversations/:conversation/Messages';

export const messageRoutes: readonly Route[] = [
  { method: 'GET', path, answer: list },
  { method: 'POST', path, answer: create },
  { method: 'GET', path: `${path}/:message`, answer: fetch },
  { method: 'POST', path: `${path}/:message`, answer: update },
  { method: 'DELETE', path: `${path}/:message`, answer: remove },
];
