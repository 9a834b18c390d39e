import type { Config } from './config.js';
import { errorFacts, ServiceError } from './errors.js';
import { createTwilioClient } from './twilio-client.js';
import { type WebhookUrls, webhookUrls } from './webhook-urls.js';

const EVENT = 'onConversationAdded';

/** What {@link wireWebhooks} found and did. */
export interface WiredWebhooks {
  /** False when everything was right already. */
  changed: boolean;
  postWebhookUrl: string;
  filters: readonly string[];
}

/** One field of the service's webhook that is not as it should be; `null` stands for one that was never set. */
export interface WebhookChange {
  field: 'postWebhookUrl' | 'filters' | 'method';
  from: string | null;
  to: string;
}

/** What {@link planWebhooks} found. */
export interface WebhookPlan {
  /** Empty when everything is right already. */
  changes: readonly WebhookChange[];
  /** Another address, which would hear no more of new conversations. */
  replaces: string | undefined;
  postWebhookUrl: string;
  /** The events that are reported: those that were, and new conversations. */
  filters: readonly string[];
}

/**
 * Compares the webhook of the Conversations service with what the chat needs, and writes nothing.
 *
 * @throws ServiceError `twilio_unavailable` with the reason. The helper's own errors hold credentials and stay here.
 * @example
 * const { changes, replaces } = await planWebhooks(config);
 */
export async function planWebhooks(
  config: Config,
  urls: WebhookUrls = webhookUrls(config.publicBaseUrl),
): Promise<WebhookPlan> {
  const current = await told(() => webhooksOf(config).fetch());
  const postWebhookUrl = urls.conversationAdded;
  const before = current.filters ?? [];
  const filters = [...new Set([...before, EVENT])];
  const changes: WebhookChange[] = [
    { field: 'postWebhookUrl', from: current.postWebhookUrl, to: postWebhookUrl },
    { field: 'filters', from: before.join(', ') || null, to: filters.join(', ') },
    { field: 'method', from: current.method, to: 'POST' },
  ];
  const another = current.postWebhookUrl && current.postWebhookUrl !== postWebhookUrl;
  return {
    changes: changes.filter(({ from, to }) => from !== to),
    replaces: another ? current.postWebhookUrl : undefined,
    postWebhookUrl,
    filters,
  };
}

/**
 * Carries out a plan; one without changes writes nothing.
 *
 * @throws ServiceError `twilio_unavailable` with the reason.
 */
export async function applyWebhooks(config: Config, plan: WebhookPlan): Promise<void> {
  if (plan.changes.length === 0) return;
  const { postWebhookUrl, filters } = plan;
  await told(() => webhooksOf(config).update({ postWebhookUrl, filters: [...filters], method: 'POST' }));
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
  const plan = await planWebhooks(config);
  await applyWebhooks(config, plan);
  const { changes, postWebhookUrl, filters } = plan;
  return { changed: changes.length > 0, postWebhookUrl, filters };
}

const webhooksOf = (config: Config) =>
  createTwilioClient(config).conversations.v1.services(config.serviceSid).configuration.webhooks();

async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new ServiceError(
      'twilio_unavailable',
      `The webhook of the Conversations service could not be read or written: ${errorFacts(error).message}`,
    );
  }
}
