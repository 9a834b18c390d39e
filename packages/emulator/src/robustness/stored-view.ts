import { type JsonObject, parseJson } from '../json.js';
import type { Store } from '../store/store.js';
import { byFirst } from './writer.js';

/** What everybody in a conversation must see in the end. */
export function storedView(store: Store, conversationSid: string): JsonObject {
  const conversation = store.conversations.bySid(conversationSid);
  if (!conversation) throw new Error(`The store has no ${conversationSid}`);
  return {
    attributes: parseJson(conversation.attributes),
    lastMessage: conversation.lastMessageIndex,
    participants: store.participants
      .list(conversationSid)
      .map(({ identity, lastReadMessageIndex }) => [identity, lastReadMessageIndex])
      .sort(byFirst),
    messages: store.messages
      .list(conversationSid, { order: 'asc', limit: 1_000_000 })
      .map(({ index, sid, author, body, attributes }) => ({
        ...{ index, sid, author, body },
        attributes: parseJson(attributes),
      })),
  };
}
