export const CONVERSATION_ADDED = '/webhooks/conversation-added';
export const MESSAGE_ADDED = '/webhooks/message-added';

/** The author of messages whose author a test does not care for. */
export const VISITOR = '3f2c9f0e-7a51-8c44-9d2b-5e6f70819a2b';

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
    Author: VISITOR,
    DateCreated: new Date().toISOString(),
    Body: body,
    Attributes: '{}',
  };
}
