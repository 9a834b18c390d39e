import type { ChatMessage, ChatSnapshot } from '@conversations-web-chat/session';

/**
 * Tells, snapshot by snapshot, which messages of others have just come in: each once, and never one that was read
 * from history when the conversation was opened or by paging back. What greets a visitor in a conversation that was
 * just made for them is news, however early it came. Indexes have gaps but only grow.
 */
export function createNewcomers(): (snapshot: ChatSnapshot) => ChatMessage[] {
  let sid: string | null = null;
  let highest: number | null = null;
  let isNew = false;

  return ({ identity, conversationSid, historyLoaded, hasOlder, messages }) => {
    if (identity !== null && conversationSid === null) isNew = true;
    if (conversationSid !== null && conversationSid !== sid) {
      highest = sid === null ? null : -1;
      sid = conversationSid;
    }
    if (!historyLoaded) return [];
    // One that the service knew already, though this browser did not, holds something of the visitor's.
    if (highest === null && isNew && !hasOlder && !messages.some(({ own, index }) => own && index !== null))
      highest = -1;
    const from = highest;
    for (const { index } of messages) if (index !== null && index > (highest ?? -1)) highest = index;
    highest ??= -1;
    if (from === null) return [];
    return messages.filter(({ own, index }) => !own && index !== null && index > from);
  };
}
