import { type ConversationPlace, conversation } from './bot-messages.js';
import { errorFacts, ServiceError } from './errors.js';
import type { TwilioClient } from './twilio-client.js';

/** Who gets a conversation's messages: the bot, by its address, or a Studio flow. */
export type BotTarget = { kind: 'bot'; url: string } | { kind: 'studio'; flowSid: string };

const TOO_MANY_WEBHOOKS = 50361;

type Webhooks = ReturnType<typeof conversation>['webhooks'];
type ScopedWebhook = Awaited<ReturnType<Webhooks['list']>>[number];

/** Whether a conversation's webhook wakes the bot at `messageAddedUrl`, or a Studio flow. */
function wakesBot({ target, configuration }: ScopedWebhook, messageAddedUrl: string): boolean {
  return target === 'studio' || (configuration as { url?: unknown } | null)?.url === messageAddedUrl;
}

/** Puts the bot, or a Studio flow, on a conversation; resolves to false where one is on it already. */
export async function attachBot(
  client: TwilioClient,
  place: ConversationPlace,
  target: BotTarget,
  messageAddedUrl: string,
): Promise<boolean> {
  const there = conversation(client, place);
  const attached = await there.webhooks.list();
  if (attached.some((webhook) => wakesBot(webhook, messageAddedUrl))) return false;
  const { sid } = await createWebhook(there.webhooks, target);
  // Another server may have been told of the conversation too. Both see both now, and both keep the same one.
  const [first, ...others] = (await there.webhooks.list())
    .filter((webhook) => wakesBot(webhook, messageAddedUrl))
    .sort((one, other) => (one.sid < other.sid ? -1 : 1));
  await Promise.all(others.map((webhook) => removeWebhook(there, webhook.sid)));
  return first === undefined || first.sid === sid;
}

async function createWebhook(webhooks: Webhooks, target: BotTarget): Promise<ScopedWebhook> {
  const whatever = {
    'configuration.filters': ['onMessageAdded'],
    // A visitor may have written before this webhook was there: everything from the first message on is delivered.
    'configuration.replayAfter': 0,
  };
  try {
    return await webhooks.create(
      target.kind === 'studio'
        ? { target: 'studio', 'configuration.flowSid': target.flowSid, ...whatever }
        : {
            target: 'webhook',
            'configuration.url': target.url,
            'configuration.method': 'post',
            ...whatever,
          },
    );
  } catch (error) {
    if (errorFacts(error).code !== TOO_MANY_WEBHOOKS) throw error;
    throw new ServiceError(
      'twilio_unavailable',
      'The conversation has five webhooks already, which is all that Twilio allows. Remove one of them.',
    );
  }
}

/** Takes the bot, and any Studio flow, off a conversation. */
export async function detachBot(
  client: TwilioClient,
  place: ConversationPlace,
  messageAddedUrl: string,
): Promise<void> {
  const there = conversation(client, place);
  const waking = (await there.webhooks.list()).filter((webhook) => wakesBot(webhook, messageAddedUrl));
  await Promise.all(waking.map(({ sid }) => removeWebhook(there, sid)));
}

async function removeWebhook(there: ReturnType<typeof conversation>, sid: string): Promise<void> {
  try {
    await there.webhooks(sid).remove();
  } catch (error) {
    // Somebody else was faster, which is as good.
    if (errorFacts(error).status !== 404) throw error;
  }
}
