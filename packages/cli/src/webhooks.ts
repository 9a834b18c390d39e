import {
  applyWebhooks,
  FUNCTION_WEBHOOK_PATHS,
  planWebhooks,
  type WebhookUrls,
  webhookUrls,
} from '@conversations-web-chat/backend';
import { type Command, defineCommand, UsageError } from './command.js';
import { ENV_OPTION, ENV_USAGE, readConfig } from './read-config.js';
import { showChanges } from './show-changes.js';

export const webhooks: Command = defineCommand({
  summary: 'tells the Conversations service to report new conversations to the backend',
  usage: `Usage: conversations-web-chat webhooks [options]

Shows how the webhook of the Conversations service differs from what the chat needs, then writes it. Events that the
service reports already are kept. An address of somebody else is only replaced when you say so.

  --dry-run           show the difference, write nothing
  --replace           replace an address that stands there
  --functions DOMAIN  the backend runs on Twilio Functions at this domain, e.g. web-chat-1234-dev.twil.io
${ENV_USAGE}

Exit codes: 0 right now (or, with --dry-run, shown), 1 not written, 2 wrong call.`,
  options: {
    ...ENV_OPTION,
    'dry-run': { type: 'boolean', default: false },
    replace: { type: 'boolean', default: false },
    functions: { type: 'string' },
  },
  async run(values, io) {
    const functions = values.functions === undefined ? undefined : functionsUrl(values.functions);
    const config = readConfig(values.env, io, functions === undefined ? {} : { PUBLIC_BASE_URL: functions });
    if (!config) return 1;
    const urls = functions === undefined ? webhookUrls(config.publicBaseUrl) : urlsOf(functions);
    const plan = await planWebhooks(config, urls);
    if (plan.changes.length === 0) {
      io.print(
        `The service ${config.serviceSid} reports new conversations to ${plan.postWebhookUrl} already.`,
      );
      return 0;
    }
    io.print(`Webhook of the service ${config.serviceSid}:`);
    showChanges(
      plan.changes.map(({ field, from, to }) => ({ what: field, from: shown(from), to })),
      io,
    );
    if (plan.replaces !== undefined && !values.replace) {
      io.complain(
        `Another address stands there: ${shown(plan.replaces)}. It would hear no more of new conversations. ` +
          'Nothing was written; --replace replaces it.',
      );
      return values['dry-run'] ? 0 : 1;
    }
    if (values['dry-run']) {
      io.print('Nothing was written.');
      return 0;
    }
    await applyWebhooks(config, plan);
    io.print('Written.');
    return 0;
  },
});

const WEB = ['http:', 'https:'];

/** The address of a deployment on Twilio Functions, of a domain as people write it. */
export function functionsUrl(domain: string): string {
  const address = domain.includes('://') ? domain : `https://${domain}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !WEB.includes(url.protocol) || url.pathname !== '/' || url.href !== `${url.origin}/`) {
    throw new UsageError(
      `--functions is "${domain}"; it must be a domain such as web-chat-1234-dev.twil.io.`,
    );
  }
  return url.origin;
}

/** Where the webhooks are on Twilio Functions. */
export const urlsOf = (functions: string): WebhookUrls => webhookUrls(functions, FUNCTION_WEBHOOK_PATHS);

/** A value as it may be shown: the query and the user of an address may hold a secret of somebody else. */
export function shown(value: string | null): string {
  if (!value) return 'not set';
  if (/^[\w, ]+$/.test(value)) return value;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !WEB.includes(url.protocol)) return 'something that is no web address';
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}
