import type { ChatMessage, ChatSnapshot } from '@conversations-web-chat/session';

/**
 * Tells, snapshot by snapshot, which messages of others have just come in: each once, and never one that was read
 * from history when the conversation was opened or by paging back. Indexes have gaps but only grow.
 */
export function createNewcomers(): (snapshot: ChatSnapshot) => ChatMessage[] {
  let sid: string | null = null;
  let highest: number | null = null;

  return ({ conversationSid, historyLoaded, messages }) => {
    if (conversationSid !== null && conversationSid !== sid) {
      // A conversation that follows another one was made here and now: its first message is news.
      highest = sid === null ? null : -1;
      sid = conversationSid;
    }
    if (!historyLoaded) return [];
    const from = highest;
    for (const { index } of messages) if (index !== null && index > (highest ?? -1)) highest = index;
    highest ??= -1;
    if (from === null) return [];
    return messages.filter(({ own, index }) => !own && index !== null && index > from);
  };
}
