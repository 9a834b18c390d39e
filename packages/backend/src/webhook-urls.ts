/** Where Twilio delivers to, as Twilio was told: signatures cover these. */
export interface WebhookUrls {
  conversationAdded: string;
  messageAdded: string;
}

/** The paths of the webhooks on a server. */
export const WEBHOOK_PATHS: WebhookUrls = {
  conversationAdded: '/webhooks/conversation-added',
  messageAdded: '/webhooks/message-added',
};

/** Their paths on Twilio Functions, where a path is the name of a file. */
export const FUNCTION_WEBHOOK_PATHS: WebhookUrls = {
  conversationAdded: '/conversation-added',
  messageAdded: '/message-added',
};

/** The webhooks' addresses under the service's public one. */
export function webhookUrls(publicBaseUrl: string, paths: WebhookUrls = WEBHOOK_PATHS): WebhookUrls {
  return {
    conversationAdded: publicBaseUrl + paths.conversationAdded,
    messageAdded: publicBaseUrl + paths.messageAdded,
  };
}
