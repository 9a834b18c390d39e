import {
  type Config,
  createTwilioClient,
  planWebhooks,
  type WebhookUrls,
} from '@conversations-web-chat/backend';
import { shown } from '../webhooks.js';
import { whyNot } from './account.js';
import { about, type Finding } from './finding.js';

const EVENT = 'onConversationAdded';

/** Whether new conversations are reported to this service: once, and unchanged. */
export async function checkWebhooks(
  config: Config,
  urls: WebhookUrls,
  functions: string | undefined,
): Promise<Finding[]> {
  const found = await Promise.all([
    checkOwn(config, urls, functions),
    checkOthers(config, urls.conversationAdded),
  ]);
  return found.flat();
}

async function checkOwn(
  config: Config,
  urls: WebhookUrls,
  functions: string | undefined,
): Promise<Finding[]> {
  const { ok, problem, cannotCheck } = about('webhooks');
  try {
    const plan = await planWebhooks(config, urls);
    const options = [
      ...(plan.replaces === undefined ? [] : [' --replace']),
      ...(functions === undefined ? [] : [` --functions ${functions}`]),
    ];
    const fix = `Run conversations-web-chat webhooks${options.join('')}.`;
    const found = plan.changes.map(({ field, from, to }) => {
      const value =
        field === 'postWebhookUrl' ? `it has to be ${to}` : `it has to be ${to} for the bot to answer`;
      return problem(`${field} is ${shown(from)}; ${value}`, fix);
    });
    if (found.length === 0) found.push(ok(`new conversations are reported to ${plan.postWebhookUrl}`));
    return found;
  } catch (error) {
    return [cannotCheck(whyNot(error))];
  }
}

/** What else is configured and gets in the way. */
async function checkOthers(config: Config, postWebhookUrl: string): Promise<Finding[]> {
  const { cannotCheck } = about('other webhooks');
  const api = createTwilioClient(config).conversations.v1;
  try {
    const [ofService, ofAccount] = await Promise.all([
      api.services(config.serviceSid).configuration.webhooks().fetch(),
      api.configuration.webhooks().fetch(),
    ]);
    return inTheWay(ofService, ofAccount, postWebhookUrl);
  } catch (error) {
    return [cannotCheck(whyNot(error))];
  }
}

interface Configured {
  preWebhookUrl: string | null;
  postWebhookUrl: string | null;
  filters: string[] | null;
}

function inTheWay(ofService: Configured, ofAccount: Configured, postWebhookUrl: string): Finding[] {
  const { warning } = about('other webhooks');
  const found: Finding[] = [];
  const pre = [
    ['service', ofService.preWebhookUrl],
    ['account', ofAccount.preWebhookUrl],
  ] as const;
  for (const [whose, url] of pre) {
    if (!url) continue;
    found.push(
      warning(
        `the ${whose} asks ${shown(url)} before each event: it can hold or change every message`,
        'Make sure that it is yours, or clear the pre-event URL in the console.',
      ),
    );
  }
  if (ofAccount.postWebhookUrl === postWebhookUrl && (ofAccount.filters ?? [EVENT]).includes(EVENT)) {
    found.push(
      warning(
        "the account's global webhook calls the same address: each new conversation is reported twice",
        'Clear the global post-event URL in the console under Conversations, Manage, Global webhooks.',
      ),
    );
  }
  return found;
}
