import { addNonChatParticipant } from '../conversations/add-non-chat-participant.js';
import { addParticipant } from '../conversations/add-participant.js';
import { removeParticipant } from '../conversations/remove-participant.js';
import { requireParticipant, updateParticipant } from '../conversations/update-participant.js';
import { Refusal } from '../errors.js';
import { given } from '../given.js';
import { type Call, created, fetched, type Reply, type Route, removed } from './call.js';
import { pathConversation } from './find.js';
import { listPage } from './paging.js';
import { presentParticipant } from './present.js';

const unsupported = ['DateCreated', 'DateUpdated'];

function list(call: Call): Reply {
  const { domain, view } = call;
  const { sid } = pathConversation(call);
  return listPage(call, {
    key: 'participants',
    maxPageSize: 100,
    page: (stretch) => domain.store.participants.page(sid, stretch),
    present: (row) => presentParticipant(view, row),
  });
}

function settings({ form }: Call) {
  form.refuse(...unsupported);
  return given({ attributes: form.text('Attributes'), roleSid: form.text('RoleSid') });
}

function create(call: Call): Reply {
  const { domain, by, form } = call;
  const common = { by, conversationSid: pathConversation(call).sid, ...settings(call) };
  const messagingBinding = given({
    address: form.text('MessagingBinding.Address'),
    proxyAddress: form.text('MessagingBinding.ProxyAddress'),
    projectedAddress: form.text('MessagingBinding.ProjectedAddress'),
  });
  const bound = Object.keys(messagingBinding).length > 0;
  if (bound && form.text('Identity') !== undefined) {
    const detail = 'give an Identity or a MessagingBinding, not both (group MMS is not emulated)';
    throw new Refusal('binding_invalid', detail);
  }
  const row = bound
    ? addNonChatParticipant(domain, { ...common, messagingBinding })
    : addParticipant(domain, { ...common, identity: form.requiredText('Identity') });
  return created(presentParticipant(call.view, row));
}

function fetch(call: Call): Reply {
  const row = requireParticipant(call.domain, pathConversation(call), call.param('participant'));
  return fetched(presentParticipant(call.view, row));
}

function update(call: Call): Reply {
  const { domain, by, form } = call;
  const conversationSid = pathConversation(call).sid;
  form.refuse('Identity', 'MessagingBinding.ProxyAddress', 'MessagingBinding.ProjectedAddress');
  const row = updateParticipant(domain, {
    by,
    conversationSid,
    sid: call.param('participant'),
    ...settings(call),
    ...given({
      lastReadMessageIndex: form.integer('LastReadMessageIndex'),
      lastReadTimestamp: form.date('LastReadTimestamp'),
    }),
  });
  return fetched(presentParticipant(call.view, row));
}

function remove(call: Call): Reply {
  const conversationSid = pathConversation(call).sid;
  removeParticipant(call.domain, { by: call.by, conversationSid, sid: call.param('participant') });
  return removed;
}

const path = 'Conversations/:conversation/Participants';

export const participantRoutes: readonly Route[] = [
  { method: 'GET', path, answer: list },
  { method: 'POST', path, answer: create },
  { method: 'GET', path: `${path}/:participant`, answer: fetch },
  { method: 'POST', path: `${path}/:participant`, answer: update },
  { method: 'DELETE', path: `${path}/:participant`, answer: remove },
];
