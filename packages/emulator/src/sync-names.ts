import type { ConversationRow, UserRow } from './store/rows.js';

/** The unique names of the Sync objects behind users and conversations: the classic pattern, which the SDK assumes. */
export const syncNames = {
  myConversations: (user: Pick<UserRow, 'sid'>): string => `${user.sid}.my_conversations`,
  userInfo: (user: Pick<UserRow, 'sid'>): string => `${user.sid}.info`,
  conversation: (conversation: Pick<ConversationRow, 'sid'>): string => `${conversation.sid}.channel`,
  messages: (conversation: Pick<ConversationRow, 'sid'>): string => `${conversation.sid}.messages`,
  roster: (conversation: Pick<ConversationRow, 'sid'>): string => `${conversation.sid}.roster`,
};

/** How often a client that keeps typing says so, in seconds. */
export const typingTimeoutSeconds = 5;
