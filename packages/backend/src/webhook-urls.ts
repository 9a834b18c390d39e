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

/** The webhooks' addresses under the service's public one. */
export function webhookUrls(publicBaseUrl: string): WebhookUrls {
  return {
    conversationAdded: publicBaseUrl + WEBHOOK_PATHS.conversationAdded,
    messageAdded: publicBaseUrl + WEBHOOK_PATHS.messageAdded,
  };
}
