import type { Domain } from '../conversations/domain.js';
import type { Fact } from '../facts.js';
import type { ConversationRow, ParticipantRow, UserRow } from '../store/rows.js';
import { syncNames } from '../sync-names.js';
import { conversationData, messageData, myConversationData, participantData } from './data.js';
import {
  createObject,
  listPlace,
  mapPlace,
  putItem,
  removeItem,
  removeObject,
  type SyncChange,
  updateDocument,
} from './objects.js';

/**
 * Writes what a fact changes in the Sync objects, and answers the changes in the order clients must hear them.
 * Runs inside the writer's transaction, so that no crash leaves a message without its event.
 */
export function projectFact(domain: Domain, fact: Fact): SyncChange[] {
  switch (fact.type) {
    case 'user.added':
      return userAdded(domain, fact.user);
    case 'user.updated':
      return userChanges(domain, fact.user, fact.before);
    case 'user.removed':
      return [
        removeObject(domain, syncNames.myConversations(fact.user)),
        removeObject(domain, syncNames.userInfo(fact.user)),
      ];
    case 'conversation.added':
      conversationAdded(domain, fact.conversation);
      return [];
    case 'conversation.updated':
      return [documentChange(domain, fact.conversation)];
    case 'conversation.removed':
      return conversationRemoved(domain, fact.conversation, fact.participants);
    case 'participant.added':
      return [
        rosterChange(domain, fact.conversation, fact.participant),
        ...membershipChange(domain, fact.conversation, fact.participant),
      ];
    case 'participant.updated':
      return participantChanges(domain, fact.conversation, fact.participant, fact.before);
    case 'participant.removed':
      return [
        ...removeItem(domain, syncNames.roster(fact.conversation), mapPlace(fact.participant.sid)),
        ...leaveChange(domain, fact.conversation, fact.participant),
      ];
    case 'message.added':
      // List before document: the SDK looks for the message that the document names as the last.
      return [messageChange(domain, fact), documentChange(domain, fact.conversation)];
    case 'message.updated':
    case 'delivery.updated':
      return [messageChange(domain, fact)];
    case 'message.removed':
      return removeItem(domain, syncNames.messages(fact.conversation), listPlace(fact.message.index));
    case 'user.reachability': {
      const { online, notifiable } = fact.reachability;
      return [
        putItem(domain, syncNames.userInfo(fact.user), mapPlace('reachability'), { online, notifiable }),
      ];
    }
    case 'webhook.added':
    case 'typing':
      return [];
  }
}

/** Undefined for who takes part without an identity. */
function userOf(domain: Domain, { identity }: ParticipantRow): UserRow | undefined {
  if (identity === null) return undefined;
  const user = domain.store.users.byIdentity(domain.serviceSid, identity);
  if (!user) throw new Error('A participant has no user');
  return user;
}

function userAdded(domain: Domain, user: UserRow): SyncChange[] {
  createObject(domain, {
    type: 'map',
    uniqueName: syncNames.myConversations(user),
    access: 'owner',
    subject: user.identity,
  });
  createObject(domain, {
    type: 'map',
    uniqueName: syncNames.userInfo(user),
    access: 'service',
    subject: user.chatServiceSid,
  });
  return userChanges(domain, user);
}

function userChanges(domain: Domain, user: UserRow, before?: UserRow): SyncChange[] {
  const fields = ['friendlyName', 'attributes'] as const;
  return fields
    .filter((field) => user[field] !== before?.[field])
    .map((field) => putItem(domain, syncNames.userInfo(user), mapPlace(field), { value: user[field] }));
}

function conversationAdded(domain: Domain, conversation: ConversationRow): void {
  const shared = { access: 'conversation', subject: conversation.sid } as const;
  createObject(domain, { ...shared, type: 'list', uniqueName: syncNames.messages(conversation) });
  createObject(domain, { ...shared, type: 'map', uniqueName: syncNames.roster(conversation) });
  createObject(domain, {
    ...shared,
    type: 'document',
    uniqueName: syncNames.conversation(conversation),
    data: conversationData(conversation),
  });
}

function conversationRemoved(
  domain: Domain,
  conversation: ConversationRow,
  participants: ParticipantRow[],
): SyncChange[] {
  return [
    ...participants.flatMap((participant) => leaveChange(domain, conversation, participant)),
    removeObject(domain, syncNames.conversation(conversation)),
    removeObject(domain, syncNames.messages(conversation)),
    removeObject(domain, syncNames.roster(conversation)),
  ];
}

function participantChanges(
  domain: Domain,
  conversation: ConversationRow,
  participant: ParticipantRow,
  before: ParticipantRow,
): SyncChange[] {
  const horizonMoved = participant.lastReadMessageIndex !== before.lastReadMessageIndex;
  const levelChanged = participant.notificationLevel !== before.notificationLevel;
  const onlyLevelChanged = levelChanged && !horizonMoved;
  return [
    // The notification level is nobody else's business, so the roster stays as it is.
    ...(onlyLevelChanged ? [] : [rosterChange(domain, conversation, participant)]),
    ...(horizonMoved || levelChanged ? membershipChange(domain, conversation, participant) : []),
  ];
}

function documentChange(domain: Domain, conversation: ConversationRow): SyncChange {
  return updateDocument(domain, syncNames.conversation(conversation), conversationData(conversation));
}

function messageChange(
  domain: Domain,
  {
    conversation,
    message,
  }: Extract<Fact, { type: 'message.added' | 'message.updated' | 'delivery.updated' }>,
): SyncChange {
  return putItem(domain, syncNames.messages(conversation), listPlace(message.index), messageData(message));
}

function rosterChange(
  domain: Domain,
  conversation: ConversationRow,
  participant: ParticipantRow,
): SyncChange {
  const user = userOf(domain, participant);
  return putItem(
    domain,
    syncNames.roster(conversation),
    mapPlace(participant.sid),
    participantData(participant, user),
  );
}

function membershipChange(
  domain: Domain,
  conversation: ConversationRow,
  participant: ParticipantRow,
): SyncChange[] {
  const user = userOf(domain, participant);
  if (!user) return [];
  const data = myConversationData(conversation, participant);
  return [putItem(domain, syncNames.myConversations(user), mapPlace(conversation.sid), data)];
}

function leaveChange(
  domain: Domain,
  conversation: ConversationRow,
  participant: ParticipantRow,
): SyncChange[] {
  const user = userOf(domain, participant);
  return user ? removeItem(domain, syncNames.myConversations(user), mapPlace(conversation.sid)) : [];
}
