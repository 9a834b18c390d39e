/** A label: the SDK sends it back with each request, and routes go by path. */
const apiBase = 'https://aim.us1.twilio.com/Client/v2';

/** The addresses the SDK is given. It builds every later path from them. */
export const links = {
  configuration: `${apiBase}/Configuration`,
  myConversations: `${apiBase}/MyConversations`,
  conversations: `${apiBase}/Conversations`,
  users: `${apiBase}/Users`,
  typing: `${apiBase}/Typing`,
  receipts: `${apiBase}/Conversations/%s/Messages/%s/Receipts`,
  conversation: (sid: string): string => `${apiBase}/Conversations/${sid}`,
  participants: (sid: string): string => `${apiBase}/Conversations/${sid}/Participants`,
  participant: (sid: string, participant: string): string =>
    `${apiBase}/Conversations/${sid}/Participants/${participant}`,
  messages: (sid: string): string => `${apiBase}/Conversations/${sid}/Messages`,
  message: (sid: string, message: string): string => `${apiBase}/Conversations/${sid}/Messages/${message}`,
  user: (identity: string): string => `${apiBase}/Users/${encodeURIComponent(identity)}`,
};
