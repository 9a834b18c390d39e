import { unreadMessages } from '../conversations/read-state.js';
import { removeParticipant } from '../conversations/remove-participant.js';
import { updateParticipant } from '../conversations/update-participant.js';
import { requireUser } from '../conversations/update-user.js';
import { Refusal } from '../errors.js';
import { given } from '../given.js';
import type { ConversationRow, ParticipantRow, UserRow } from '../store/rows.js';
import type { Placed, Stretch } from '../store/table.js';
import { type Call, fetched, type Json, type Reply, type Route, removed } from './call.js';
import { pathConversation } from './find.js';
import { listPage } from './paging.js';
import { dates, presentBinding, presentTimers, restDate } from './present.js';

/** Who takes part in what, asked from the side of the user or the address. */
interface Membership {
  participant: ParticipantRow;
  conversation: ConversationRow;
}

function withConversations(call: Call, page: Placed<ParticipantRow>[]): Placed<Membership>[] {
  return page.flatMap(({ place, row: participant }) => {
    const conversation = call.domain.store.conversations.bySid(participant.conversationSid);
    return conversation ? [{ place, row: { participant, conversation } }] : [];
  });
}

function presentOfUser(
  { domain, view }: Call,
  user: UserRow,
  { participant, conversation }: Membership,
): Json {
  return {
    account_sid: view.accountSid,
    chat_service_sid: conversation.chatServiceSid,
    conversation_sid: conversation.sid,
    unread_messages_count: unreadMessages(domain, participant),
    last_read_message_index: participant.lastReadMessageIndex,
    participant_sid: participant.sid,
    user_sid: user.sid,
    friendly_name: conversation.friendlyName,
    conversation_state: conversation.state,
    timers: presentTimers(conversation),
    attributes: conversation.attributes,
    ...dates(conversation),
    created_by: conversation.createdBy,
    notification_level: participant.notificationLevel,
    unique_name: conversation.uniqueName,
    url: `${view.root}/Users/${user.sid}/Conversations/${conversation.sid}`,
    links: {
      participant: `${view.root}/Conversations/${conversation.sid}/Participants/${participant.sid}`,
      conversation: `${view.root}/Conversations/${conversation.sid}`,
    },
  };
}

function presentOfParticipant({ domain, view }: Call, { participant, conversation }: Membership): Json {
  const { store, serviceSid } = domain;
  const user =
    participant.identity === null ? undefined : store.users.byIdentity(serviceSid, participant.identity);
  const url = `${view.root}/Conversations/${conversation.sid}`;
  return {
    account_sid: view.accountSid,
    chat_service_sid: conversation.chatServiceSid,
    participant_sid: participant.sid,
    participant_user_sid: user?.sid ?? null,
    participant_identity: participant.identity,
    participant_messaging_binding:
      participant.messagingBinding && presentBinding(participant.messagingBinding),
    conversation_sid: conversation.sid,
    conversation_unique_name: conversation.uniqueName,
    conversation_friendly_name: conversation.friendlyName,
    conversation_attributes: conversation.attributes,
    conversation_date_created: restDate(conversation.dateCreated),
    conversation_date_updated: restDate(conversation.dateUpdated),
    conversation_created_by: conversation.createdBy,
    conversation_state: conversation.state,
    conversation_timers: presentTimers(conversation),
    links: { participant: `${url}/Participants/${participant.sid}`, conversation: url },
  };
}

const pathUser = (call: Call): UserRow => requireUser(call.domain, call.by, call.param('user'));

function listOfUser(call: Call): Reply {
  const { store, serviceSid } = call.domain;
  const user = pathUser(call);
  return listPage(call, {
    key: 'conversations',
    maxPageSize: 50,
    page: (stretch) =>
      withConversations(call, store.participants.pageOfIdentity(serviceSid, user.identity, stretch)),
    present: (row) => presentOfUser(call, user, row),
  });
}

function pathMembership(call: Call): Membership & { user: UserRow } {
  const user = pathUser(call);
  const conversation = pathConversation(call);
  const participant = call.domain.store.participants.byIdentity(conversation.sid, user.identity);
  if (!participant) throw new Refusal('participant_not_found', user.identity);
  return { user, conversation, participant };
}

function fetch(call: Call): Reply {
  const { user, ...membership } = pathMembership(call);
  return fetched(presentOfUser(call, user, membership));
}

function update(call: Call): Reply {
  const { domain, by, form } = call;
  const { user, conversation, participant } = pathMembership(call);
  const updated = updateParticipant(domain, {
    by,
    conversationSid: conversation.sid,
    sid: participant.sid,
    ...given({
      notificationLevel: form.oneOf('NotificationLevel', ['default', 'muted']),
      lastReadMessageIndex: form.integer('LastReadMessageIndex'),
      lastReadTimestamp: form.date('LastReadTimestamp'),
    }),
  });
  return fetched(presentOfUser(call, user, { conversation, participant: updated }));
}

function leave(call: Call): Reply {
  const { conversation, participant } = pathMembership(call);
  removeParticipant(call.domain, { by: call.by, conversationSid: conversation.sid, sid: participant.sid });
  return removed;
}

function listOfParticipant(call: Call): Reply {
  const { store, serviceSid } = call.domain;
  const [identity, address] = [call.query.text('Identity'), call.query.text('Address')];
  if ((identity === undefined) === (address === undefined)) {
    throw new Refusal('invalid_parameter', 'ParticipantConversations takes either Identity or Address');
  }
  const page = (stretch: Stretch): Placed<ParticipantRow>[] =>
    identity === undefined
      ? store.participants.pageOfAddress(serviceSid, address ?? '', stretch)
      : store.participants.pageOfIdentity(serviceSid, identity, stretch);
  return listPage(call, {
    key: 'conversations',
    maxPageSize: 50,
    page: (stretch) => withConversations(call, page(stretch)),
    present: (row) => presentOfParticipant(call, row),
  });
}

const path = 'Users/:user/Conversations';

export const membershipRoutes: readonly Route[] = [
  { method: 'GET', path, answer: listOfUser },
  { method: 'GET', path: `${path}/:conversation`, answer: fetch },
  { method: 'POST', path: `${path}/:conversation`, answer: update },
  { method: 'DELETE', path: `${path}/:conversation`, answer: leave },
  { method: 'GET', path: 'ParticipantConversations', answer: listOfParticipant },
];
