import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject, parseJson } from '../json.js';
import type { ConversationRow, ParticipantRow, SyncItemRow, SyncObjectRow, UserRow } from '../store/rows.js';
import type { Store } from '../store/store.js';
import { conversationData, messageData, myConversationData, participantData } from '../sync/data.js';
import { syncNames } from '../sync-names.js';

const everything = 1_000_000;

/**
 * Compares the tables with the Sync objects that clients read, and answers a sentence for whatever does not agree:
 * the traces of an action that was written by halves, or of two orders of events.
 */
export function checkStore(store: Store, serviceSid: string): string[] {
  const complaints: string[] = [];
  const complain = (sentence: string): void => void complaints.push(sentence);

  const object = (uniqueName: string): SyncObjectRow | undefined => {
    const found = store.syncObjects.byUniqueName(uniqueName);
    if (!found) complain(`${uniqueName} is missing`);
    return found;
  };
  /** The items that exist by key, after every item, tombstones too, was held against the order of events. */
  const itemsOf = (uniqueName: string): Map<string, SyncItemRow> => {
    const found = object(uniqueName);
    const items = found ? store.syncItems.changedAfter(found.sid, -1, everything) : [];
    const eventIds = items.map(({ lastEventId }) => lastEventId);
    if (new Set(eventIds).size < eventIds.length) complain(`${uniqueName}: two items share an event id`);
    for (const { key, createdEventId, lastEventId } of items) {
      if (createdEventId < 1 || createdEventId > lastEventId || lastEventId > (found?.lastEventId ?? 0)) {
        complain(`${uniqueName} ${key}: events ${createdEventId}–${lastEventId} of ${found?.lastEventId}`);
      }
    }
    return new Map(items.filter(({ removed }) => !removed).map((item) => [item.key, item]));
  };
  const compareItems = (uniqueName: string, expected: Map<string, JsonObject>, untold?: string): void => {
    const items = itemsOf(uniqueName);
    for (const [key, data] of expected) {
      const item = items.get(key);
      if (!item) complain(`${uniqueName} has no item ${key}`);
      else if (!sameJson(item.data, data, untold)) complain(`${uniqueName} ${key} differs: ${item.data}`);
    }
    for (const key of items.keys()) {
      if (!expected.has(key)) complain(`${uniqueName} has an item ${key} that stands for nothing`);
    }
  };

  const checkMessages = (conversation: ConversationRow): void => {
    const messages = store.messages.list(conversation.sid, { order: 'asc', limit: everything });
    const { nextMessageIndex, lastMessageIndex } = conversation;
    for (const { index } of messages) {
      if (index >= nextMessageIndex) complain(`${conversation.sid}: message ${index} is not counted`);
    }
    compareItems(
      syncNames.messages(conversation),
      new Map(messages.map((message) => [String(message.index), messageData(message)])),
    );
    // An index is used once and for good, so each one that was given out has its item or its tombstone.
    const list = store.syncObjects.byUniqueName(syncNames.messages(conversation));
    const indexes = (list ? store.syncItems.changedAfter(list.sid, -1, everything) : [])
      .map(({ position }) => position)
      .sort((a, b) => a - b);
    if (!isDeepStrictEqual(indexes, [...Array(nextMessageIndex).keys()])) {
      complain(`${conversation.sid}: the indexes are ${indexes}, the next is ${nextMessageIndex}`);
    }
    if (lastMessageIndex !== null && lastMessageIndex >= nextMessageIndex) {
      complain(`${conversation.sid}: the last message is ${lastMessageIndex} of ${nextMessageIndex}`);
    }
  };

  const users = new Map<string, UserRow>();
  for (const { row } of store.users.page(serviceSid, { limit: everything })) users.set(row.identity, row);
  const memberships = new Map([...users.keys()].map((identity) => [identity, new Map<string, JsonObject>()]));

  for (const { row: conversation } of store.conversations.page(serviceSid, { limit: everything })) {
    checkMessages(conversation);
    const document = object(syncNames.conversation(conversation));
    if (document && !sameJson(document.data ?? '', conversationData(conversation))) {
      complain(`${document.uniqueName} differs: ${document.data}`);
    }
    const roster = new Map<string, JsonObject>();
    for (const participant of store.participants.list(conversation.sid)) {
      const user = userOf(participant);
      roster.set(participant.sid, participantData(participant, user));
      if (user) {
        memberships.get(user.identity)?.set(conversation.sid, myConversationData(conversation, participant));
      }
    }
    // A notification level that changes is told to nobody else, and dates its participant all the same.
    compareItems(syncNames.roster(conversation), roster, 'dateUpdated');
  }
  for (const user of users.values()) {
    compareItems(syncNames.myConversations(user), memberships.get(user.identity) ?? new Map());
    const info = itemsOf(syncNames.userInfo(user));
    for (const field of ['friendlyName', 'attributes'] as const) {
      const item = info.get(field);
      if (!item || !sameJson(item.data, { value: user[field] })) complain(`${user.sid}: ${field} differs`);
    }
  }
  return complaints;

  function userOf({ sid, identity }: ParticipantRow): UserRow | undefined {
    if (identity === null) return undefined;
    const user = users.get(identity);
    if (!user) complain(`${sid} takes part as ${identity}, who is no user`);
    return user;
  }
}

function sameJson(text: string, expected: JsonObject, untold?: string): boolean {
  const told = (value: unknown): unknown =>
    isObject(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => name !== untold)) : value;
  return isDeepStrictEqual(told(parseJson(text)), told(parseJson(JSON.stringify(expected))));
}
