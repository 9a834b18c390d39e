import type { Config } from './config.js';
import { errorFacts, ServiceError } from './errors.js';
import { createTwilioClient } from './twilio-client.js';
import { webhookUrls } from './webhook-urls.js';

const EVENT = 'onConversationAdded';

/** What {@link wireWebhooks} found and did. */
export interface WiredWebhooks {
  /** False when everything was right already. */
  changed: boolean;
  postWebhookUrl: string;
  filters: readonly string[];
}

/**
 * Tells the Conversations service to report new conversations to `${publicBaseUrl}/webhooks/conversation-added`.
 * Nothing is written when it does so already; other events that it reports are kept.
 *
 * A service has one such address: another that stood there is replaced.
 *
 * @throws ServiceError `twilio_unavailable` with the reason. The helper's own errors hold credentials and stay here.
 * @example
 * const { changed } = await wireWebhooks(config);
 */
export async function wireWebhooks(config: Config): Promise<WiredWebhooks> {
  try {
    return await wire(config);
  } catch (error) {
    throw new ServiceError(
      'twilio_unavailable',
      `The webhook of the Conversations service could not be read or written: ${errorFacts(error).message}`,
    );
  }
}

async function wire(config: Config): Promise<WiredWebhooks> {
  const service = createTwilioClient(config).conversations.v1.services(config.serviceSid);
  const webhooks = service.configuration.webhooks();
  const postWebhookUrl = webhookUrls(config.publicBaseUrl).conversationAdded;

  const current = await webhooks.fetch();
  const filters = [...new Set([...(current.filters ?? []), EVENT])];
  const right =
    current.postWebhookUrl === postWebhookUrl &&
    current.method === 'POST' &&
    current.filters?.includes(EVENT);
  if (right) return { changed: false, postWebhookUrl, filters };

  await webhooks.update({ postWebhookUrl, filters, method: 'POST' });
  return { changed: true, postWebhookUrl, filters };
}
