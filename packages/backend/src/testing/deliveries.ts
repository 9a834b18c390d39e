export const CONVERSATION_ADDED = '/webhooks/conversation-added';
export const MESSAGE_ADDED = '/webhooks/message-added';

let messages = 0;

/** What Twilio reports of a visitor's message; each one is another message. */
export function messageFields(conversationSid: string, body: string): Record<string, string> {
  messages += 1;
  return {
    EventType: 'onMessageAdded',
    Source: 'SDK',
    ConversationSid: conversationSid,
    MessageSid: `IM${String(messages).padStart(32, '0')}`,
    Index: '0',
    Author: 'visitor',
    Body: body,
    Attributes: '{}',
  };
}
